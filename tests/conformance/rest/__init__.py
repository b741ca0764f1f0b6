"""FHIR R4's RESTful API: requirements on the clinic's base. `day` is a small clinic's day that no test changes."""
