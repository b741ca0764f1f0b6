"""Talking to one clinic's record system over FHIR R4: reading visits and patients, and filing summaries."""
