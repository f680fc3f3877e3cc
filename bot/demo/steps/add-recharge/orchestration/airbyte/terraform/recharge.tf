variable "recharge_access_token" {}

resource "airbyte_source" "recharge" {
  name                 = "Recharge"
  workspace_id         = var.workspace_id
  source_definition_id = "45d2e135-2ede-49e1-939f-3e3ec357a65e"
  connection_configuration = jsonencode({
    access_token = var.recharge_access_token
    start_date   = "2024-01-01T00:00:00Z"
  })
}

resource "airbyte_connection" "recharge_to_lake" {
  source_id            = airbyte_source.recharge.source_id
  destination_id       = airbyte_destination.lake.destination_id
  name                 = "Recharge to lake"
  status               = "active"
  namespace_definition = "customformat"
  namespace_format     = "recharge"
  prefix               = ""
  schedule_type        = "basic"
  schedule_data = {
    basic_schedule = { time_unit = "hours", units = 6 }
  }
  sync_catalog = jsondecode(file("${path.module}/../../assets/streams/recharge/_catalog.json"))
}
