"""Tolstoy: self-hosted, multi-tenant workflow automation, API first."""

__version__ = "0.1.0"
