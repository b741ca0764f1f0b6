"""Maple Grove Clinic: a pretend record system (EHR) with invented people.

It is a stranger to the journal. It imports nothing of the rest of the service, and speaks with it only as
any other record system would: by HTTP, SMART App Launch 2.2 and FHIR R4.
"""
