"""Edges: what talks to GitHub, the cluster, Airbyte and a local clone. They decide nothing."""
