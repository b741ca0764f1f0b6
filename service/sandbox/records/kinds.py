"""What the record system knows of each resource type, as data: elements, codes, references, interactions.

It stands apart from the code that checks, serves and describes, so that the CapabilityStatement, the doors and
the structural checks cannot disagree: all three read this table (R4 4.0.1, the resources' own pages).

Elements are written as R4 counts them: `name` at most one, `name!` exactly one, `name*` a list, `name+` a list
that must not be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

COMMON = "id meta implicitRules language text contained* extension* modifierExtension*"
READING = ("read", "vread", "history-instance", "search-type")


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type.

    `codes` and `references` go by dotted path; `required` names what must be there beyond R4's own minimum
    (with the reason at the type). `choices` are R4's `[x]` elements, each as the names of which at most one, or
    with `!` exactly one, may stand. `follows` are the references through which a resource without a patient of
    its own belongs to one. `patient_writes` says whether a token for one patient may write the type at all;
    `owned` that a resource belongs to the backend client that made it, and is nothing to all others.
    """

    elements: str
    interactions: tuple[str, ...] = READING
    codes: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    about_a_patient: bool = True
    patient_writes: bool = False
    owned: bool = False


CREATED = (*READING, "create")
KEPT_UP = (*READING, "create", "update")
GENDERS = {"gender": "male female other unknown"}
PERSON = "identifier* active name* telecom* address* gender birthDate photo*"
ANYONE = "Practitioner PractitionerRole Organization Patient RelatedPerson Device"

KINDS: dict[str, Kind] = {
    "Patient": Kind(
        f"{PERSON} deceasedBoolean deceasedDateTime maritalStatus multipleBirthBoolean multipleBirthInteger "
        "contact* communication* generalPractitioner* managingOrganization link*",
        codes={**GENDERS, "link.type": "replaced-by replaces refer seealso"},
        references={
            "generalPractitioner": "Organization Practitioner PractitionerRole",
            "managingOrganization": "Organization",
            "link.other": "Patient RelatedPerson",
        },
    ),
    "Practitioner": Kind(f"{PERSON} qualification* communication*", codes=GENDERS, about_a_patient=False),
    "RelatedPerson": Kind(
        f"{PERSON} patient! relationship* period communication*",
        codes=GENDERS,
        references={"patient": "Patient"},
    ),
    "Organization": Kind(
        "identifier* active type* name alias* telecom* address* partOf contact* endpoint*",
        about_a_patient=False,
    ),
    "Location": Kind(
        "identifier* status operationalStatus name alias* description mode type* telecom* address physicalType "
        "position managingOrganization partOf hoursOfOperation* availabilityExceptions endpoint*",
        codes={"status": "active suspended inactive", "mode": "instance kind"},
        references={"managingOrganization": "Organization", "partOf": "Location"},
        about_a_patient=False,
    ),
    "Encounter": Kind(
        "identifier* status! statusHistory* class! classHistory* type* serviceType priority subject! "
        "episodeOfCare* basedOn* participant* appointment* period length reasonCode* reasonReference* "
        "diagnosis* account* hospitalization location* serviceProvider partOf",
        KEPT_UP,
        codes={
            "status": "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown",
        },
        references={
            "subject": "Patient",
            "episodeOfCare": "EpisodeOfCare",
            "participant.individual": "Practitioner PractitionerRole RelatedPerson",
            "appointment": "Appointment",
            "location.location": "Location",
            "serviceProvider": "Organization",
            "partOf": "Encounter",
        },
    ),
    "EpisodeOfCare": Kind(
        "identifier* status! statusHistory* type* diagnosis* patient! managingOrganization period "
        "referralRequest* careManager team* account*",
        KEPT_UP,
        codes={"status": "planned waitlist active onhold finished cancelled entered-in-error"},
        references={
            "patient": "Patient",
            "managingOrganization": "Organization",
            "careManager": "Practitioner PractitionerRole",
        },
    ),
    "Appointment": Kind(
        "identifier* status! cancelationReason serviceCategory* serviceType* specialty* appointmentType "
        "reasonCode* reasonReference* priority description supportingInformation* start end minutesDuration "
        "slot* created comment patientInstruction basedOn* participant+ requestedPeriod*",
        KEPT_UP,
        codes={
            "status": "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in "
            "waitlist",
            "participant.status": "accepted declined tentative needs-action",
        },
        references={
            "participant.actor": "Patient Practitioner PractitionerRole RelatedPerson Device HealthcareService "
            "Location",
        },
        required=("participant.status",),
    ),
    "Procedure": Kind(
        "identifier* instantiatesCanonical* instantiatesUri* basedOn* partOf* status! statusReason category code "
        "subject! encounter performedDateTime performedPeriod performedString performedAge performedRange recorder "
        "asserter performer* location reasonCode* reasonReference* bodySite* outcome report* complication* "
        "complicationDetail* followUp* note* focalDevice* usedReference* usedCode*",
        KEPT_UP,
        codes={
            "status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
        },
        references={
            "subject": "Patient",
            "encounter": "Encounter",
            "recorder": "Patient RelatedPerson Practitioner PractitionerRole",
            "asserter": "Patient RelatedPerson Practitioner PractitionerRole",
            "performer.actor": ANYONE,
            "location": "Location",
            "partOf": "Procedure Observation MedicationAdministration",
        },
        required=("performer.actor",),
        choices=("performedDateTime performedPeriod performedString performedAge performedRange",),
    ),
    "MedicationAdministration": Kind(
        "identifier* instantiates* partOf* status! statusReason* category medicationCodeableConcept "
        "medicationReference subject! context supportingInformation* effectiveDateTime effectivePeriod performer* "
        "reasonCode* reasonReference* request device* note* dosage eventHistory*",
        KEPT_UP,
        codes={"status": "in-progress not-done on-hold completed entered-in-error stopped unknown"},
        references={
            "medicationReference": "Medication",
            "subject": "Patient",
            "context": "Encounter EpisodeOfCare",
            "performer.actor": "Practitioner PractitionerRole Patient RelatedPerson Device",
            "partOf": "MedicationAdministration Procedure",
        },
        required=("performer.actor",),
        choices=("medicationCodeableConcept medicationReference!", "effectiveDateTime effectivePeriod!"),
    ),
    "Questionnaire": Kind(
        "url identifier* version name title derivedFrom* status! experimental subjectType* date publisher "
        "contact* description useContext* jurisdiction* purpose copyright approvalDate lastReviewDate "
        "effectivePeriod code* item*",
        KEPT_UP,
        codes={"status": "draft active retired unknown"},
        required=("item.linkId", "item.type"),
        about_a_patient=False,
    ),
    "QuestionnaireResponse": Kind(
        "identifier basedOn* partOf* questionnaire! status! subject! encounter authored! author source item*",
        KEPT_UP,
        codes={"status": "in-progress completed amended entered-in-error stopped"},
        references={
            "subject": "Patient",
            "encounter": "Encounter",
            "author": ANYONE,
            "source": "Patient Practitioner PractitionerRole RelatedPerson",
        },
        required=("item.linkId",),
        patient_writes=True,
    ),
    "DocumentReference": Kind(
        # type, category and subject: the minimum of US Core, which "Writing Clinical Notes" builds on (U-02).
        "masterIdentifier identifier* status! docStatus type! category+ subject! date author* authenticator "
        "custodian relatesTo* description securityLabel* content+ context",
        KEPT_UP,
        codes={
            "status": "current superseded entered-in-error",
            "docStatus": "preliminary final amended entered-in-error",
            "relatesTo.code": "replaces transforms signs appends",
        },
        references={
            "subject": "Patient",
            "author": ANYONE,
            "authenticator": "Practitioner PractitionerRole Organization",
            "custodian": "Organization",
            "relatesTo.target": "DocumentReference",
            "context.encounter": "Encounter EpisodeOfCare",
        },
        required=(
            "content.attachment",
            "content.attachment.contentType",
            "relatesTo.code",
            "relatesTo.target",
        ),
        patient_writes=True,
    ),
    "Binary": Kind(
        "contentType! securityContext data!",
        ("read", "vread", "create"),
        follows=("securityContext",),
        patient_writes=True,
    ),
    "Task": Kind(
        "identifier* instantiatesCanonical instantiatesUri basedOn* groupIdentifier partOf* status! statusReason "
        "businessStatus intent! priority code description focus for encounter executionPeriod authoredOn "
        "lastModified requester performerType* owner location reasonCode reasonReference insurance* note* "
        "relevantHistory* restriction input* output*",
        KEPT_UP,
        codes={
            "status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed "
            "completed entered-in-error",
            "intent": "unknown proposal plan order original-order reflex-order filler-order instance-order option",
            "priority": "routine urgent asap stat",
        },
        references={
            "for": "Patient",
            "encounter": "Encounter",
            "requester": ANYONE,
            "owner": f"{ANYONE} CareTeam HealthcareService",
            "partOf": "Task",
        },
        patient_writes=True,
    ),
    "Communication": Kind(
        "identifier* instantiatesCanonical* instantiatesUri* basedOn* partOf* inResponseTo* status! statusReason "
        "category* priority medium* subject topic about* encounter sent received recipient* sender reasonCode* "
        "reasonReference* payload* note*",
        KEPT_UP,
        codes={
            "status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
            "priority": "routine urgent asap stat",
        },
        references={
            "subject": "Patient",
            "encounter": "Encounter",
            "sender": f"{ANYONE} HealthcareService",
            "recipient": f"{ANYONE} Group CareTeam HealthcareService",
        },
        patient_writes=True,
    ),
    "Provenance": Kind(
        "target+ occurredPeriod occurredDateTime recorded! policy* location reason* activity agent+ entity* "
        "signature*",
        CREATED,
        references={"agent.who": ANYONE, "agent.onBehalfOf": ANYONE},
        required=("agent.who",),
        codes={"entity.role": "derivation revision quotation source removal"},
        follows=("target",),
        patient_writes=True,
    ),
    "AuditEvent": Kind(
        "type! subtype* action period recorded! outcome outcomeDesc purposeOfEvent* agent+ source! entity*",
        CREATED,
        codes={"action": "C R U D E", "outcome": "0 4 8 12"},
        required=("agent.requestor", "source.observer"),
    ),
    "Subscription": Kind(
        # What R4 allows and this server does not keep (`end`, other channels, other payloads) is refused in
        # subscription_shape; `error` is the server's own.
        "status! contact* end reason! criteria! error channel!",
        KEPT_UP,
        codes={"status": "requested active error off", "channel.type": "rest-hook"},
        required=("channel.type", "channel.endpoint", "channel.payload"),
        about_a_patient=False,
        owned=True,
    ),
}


def elements_of(kind: Kind) -> dict[str, tuple[bool, bool]]:
    """Each top-level element of the type by name: whether it is a list, and whether it must be there."""
    words = f"{COMMON} {kind.elements}".split()
    return {word.rstrip("!*+"): (word[-1] in "*+", word[-1] in "!+") for word in words}
