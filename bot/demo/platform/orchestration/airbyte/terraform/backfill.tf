locals {
  shopify_dir      = "${path.module}/../../assets/streams/shopify"
  shopify_backfill = anytrue([for f in fileset(local.shopify_dir, "*.json") : f != "_catalog.json" ? try(jsondecode(file("${local.shopify_dir}/${f}")).backfill, false) : false])
  klaviyo_dir      = "${path.module}/../../assets/streams/klaviyo"
  klaviyo_backfill = anytrue([for f in fileset(local.klaviyo_dir, "*.json") : f != "_catalog.json" ? try(jsondecode(file("${local.klaviyo_dir}/${f}")).backfill, false) : false])
}

resource "null_resource" "shopify_backfill" {
  count    = local.shopify_backfill ? 1 : 0
  triggers = { connection_id = airbyte_connection.shopify_to_lake.connection_id }

  provisioner "local-exec" {
    command = "curl -s -X POST ${var.airbyte_server_url}v1/connections/reset -H 'Content-Type: application/json' -d '{\"connectionId\": \"${airbyte_connection.shopify_to_lake.connection_id}\"}'"
  }
  depends_on = [airbyte_connection.shopify_to_lake]
}

resource "null_resource" "klaviyo_backfill" {
  count    = local.klaviyo_backfill ? 1 : 0
  triggers = { connection_id = airbyte_connection.klaviyo_to_lake.connection_id }

  provisioner "local-exec" {
    command = "curl -s -X POST ${var.airbyte_server_url}v1/connections/reset -H 'Content-Type: application/json' -d '{\"connectionId\": \"${airbyte_connection.klaviyo_to_lake.connection_id}\"}'"
  }
  depends_on = [airbyte_connection.klaviyo_to_lake]
}

output "backfill" {
  value = { shopify = local.shopify_backfill, klaviyo = local.klaviyo_backfill }
}
