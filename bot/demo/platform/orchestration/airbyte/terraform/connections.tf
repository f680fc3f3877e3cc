resource "airbyte_connection" "shopify_to_lake" {
  source_id            = airbyte_source.shopify.source_id
  destination_id       = airbyte_destination.lake.destination_id
  name                 = "Shopify to lake"
  status               = "active"
  namespace_definition = "customformat"
  namespace_format     = "shopify"
  prefix               = ""
  schedule_type        = "basic"
  schedule_data = {
    basic_schedule = { time_unit = "minutes", units = 15 }
  }
  sync_catalog = jsondecode(file("${path.module}/../../assets/streams/shopify/_catalog.json"))
}

resource "airbyte_connection" "klaviyo_to_lake" {
  source_id            = airbyte_source.klaviyo.source_id
  destination_id       = airbyte_destination.lake.destination_id
  name                 = "Klaviyo to lake"
  status               = "active"
  namespace_definition = "customformat"
  namespace_format     = "klaviyo"
  prefix               = ""
  schedule_type        = "basic"
  schedule_data = {
    basic_schedule = { time_unit = "hours", units = 6 }
  }
  sync_catalog = jsondecode(file("${path.module}/../../assets/streams/klaviyo/_catalog.json"))
}
