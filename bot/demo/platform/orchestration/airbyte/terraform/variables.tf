variable "workspace_id" {}
variable "airbyte_server_url" {}
variable "airbyte_username" {}
variable "airbyte_password" {}
variable "shopify_token" {}
variable "klaviyo_api_key" {}
variable "lake_secret_access_key" {}
