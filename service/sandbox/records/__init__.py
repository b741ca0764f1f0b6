"""The FHIR R4 server of the stand-in record system: its store, its doors, and the invented people in it.

It lives apart from the authorization server of the sandbox, as in a real record system: what they share is
the grant, a value. Nothing here knows the service that is being tried out against it.
"""
