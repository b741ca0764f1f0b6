"""Rows and questions about them: what the service keeps, how it is asked for, and the one place that commits."""
