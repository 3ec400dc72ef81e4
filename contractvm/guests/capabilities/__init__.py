"""Capabilities that come with the project: stores, SQL, queues, HTTP, inference."""
