"""OpenAPI documents as tools and actions: what is in one, and what an import of it changes."""
