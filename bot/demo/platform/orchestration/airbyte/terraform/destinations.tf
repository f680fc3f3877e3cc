resource "airbyte_destination" "lake" {
  name                      = "Lake"
  workspace_id              = var.workspace_id
  destination_definition_id = "4816b78f-1489-44c1-9060-4b19d5fa9362"
  connection_configuration = jsonencode({
    s3_bucket_name    = "lotus-lake"
    s3_bucket_path    = "landing"
    s3_bucket_region  = "eu-central-1"
    access_key_id     = "lotus"
    secret_access_key = var.lake_secret_access_key
    format            = { format_type = "Parquet", compression_codec = "SNAPPY" }
  })
}
