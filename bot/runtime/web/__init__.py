"""What is spoken over HTTP: webhooks in, probes, metrics and the status page out."""
