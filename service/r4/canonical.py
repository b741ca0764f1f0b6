"""The canonical URLs this house publishes under or relies on, each named once."""

BASE = "https://infusion-journal.example/fhir"
THEMES = f"{BASE}/CodeSystem/journal-themes"
LOOKED_BACK_ITEM = f"{BASE}/StructureDefinition/looked-back-item"

# How our questionnaires mark their two display items (fhir/README.md): display can hold no code (R4 que-3).
NOTICE_SUFFIX = ".notice"
CRISIS_SUFFIX = ".crisis"

CONTEXT_EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-contextExpression"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
MIN_LENGTH = "http://hl7.org/fhir/StructureDefinition/minLength"
MIN_VALUE = "http://hl7.org/fhir/StructureDefinition/minValue"
MAX_VALUE = "http://hl7.org/fhir/StructureDefinition/maxValue"
MIN_OCCURS = "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs"
MAX_OCCURS = "http://hl7.org/fhir/StructureDefinition/questionnaire-maxOccurs"
R5_SOURCE = "http://hl7.org/fhir/5.0/StructureDefinition/extension-QuestionnaireResponse.source"

URI_IDENTIFIER = "urn:ietf:rfc:3986"
OBSERVATION_VALUE = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
