"""The cluster, through the official client's asyncio package.

An edge. It decides nothing and lists no Secrets: those are read by name only, for RBAC cannot
restrict a `list` by name.
"""
