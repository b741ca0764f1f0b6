"""The service's own words around the patient's, in English and Spanish, and how it writes dates.

Apart from the content, so that a translator has one page to read.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime


@dataclass(frozen=True, slots=True)
class Words:
    """Every phrase of the summary in one language; braces stand for what is filled in.

    `day`, `weekday` and `moment` are patterns of dates (Unicode Technical Standard 35), the same as on our pages.
    """

    locale: str
    written_by: str
    replaces: str
    own_copy: str
    own_copy_remark: str
    born: str
    identifier: str
    course_title: str
    side_by_side: str
    nothing_shared: str
    made: str
    infusion: str
    infusion_number: str
    no_infusion: str
    written: str
    because: str
    day: str
    weekday: str
    moment: str
    no_answer: str
    kept_private: str
    points: str
    codes: str
    notice: str
    about: str
    patient: str
    clinic: str
    zone: str
    version: str
    entry: str
    version_identifier: str
    questionnaire: str
    page_of: str


ENGLISH = Words(
    locale="en",
    written_by="Written by the patient",
    replaces="replaces the earlier version {version}",
    own_copy="the patient’s own copy",
    own_copy_remark="This is the patient’s own copy. It may hold answers that are kept in the journal only;"
    " each of them says so.",
    born="born {date}",
    identifier="identifier {value}",
    course_title="All infusions of one series",
    side_by_side="The same questions after each infusion",
    nothing_shared="Nothing shared",
    made="Put together",
    infusion="Infusion",
    infusion_number="Infusion {ordinal}",
    no_infusion="Not linked to an infusion yet",
    written="Written",
    because="Why it changed",
    day="d MMMM y",
    weekday="EEEE, d MMMM y",
    moment="EEEE, d MMMM y, HH:mm zzzz",
    no_answer="No answer shared",
    kept_private="Kept in my journal only",
    points="Here is writing from right to left with vowel points or other marks. On this page they may stand a little"
    " beside their letters. Infusion Journal shows it as it was typed.",
    codes="A sign that this page cannot show, or that cannot be seen, stands as its code: U+ and its number, in"
    " square brackets. Infusion Journal keeps it as it was typed.",
    notice="Please note",
    about="About this document",
    patient="Patient",
    clinic="Clinic",
    zone="Time zone",
    version="Version",
    entry="Entry",
    version_identifier="This version",
    questionnaire="Questionnaire",
    page_of="Page {page} of {pages}",
)

SPANISH = Words(
    locale="es",
    written_by="Escrito por el paciente",
    replaces="sustituye a la versión anterior {version}",
    own_copy="copia propia del paciente",
    own_copy_remark="Esta es la copia propia del paciente. Puede contener respuestas que se guardan solo en el"
    " diario; cada una lo indica.",
    born="nacimiento: {date}",
    identifier="identificador {value}",
    course_title="Todas las infusiones de una serie",
    side_by_side="Las mismas preguntas después de cada infusión",
    nothing_shared="Nada compartido",
    made="Reunido",
    infusion="Infusión",
    infusion_number="Infusión {ordinal}",
    no_infusion="Aún sin relación con una infusión",
    written="Escrito",
    because="Por qué cambió",
    day="d 'de' MMMM 'de' y",
    weekday="EEEE, d 'de' MMMM 'de' y",
    moment="EEEE, d 'de' MMMM 'de' y, HH:mm zzzz",
    no_answer="Sin respuesta compartida",
    kept_private="Guardada solo en mi diario",
    points="Aquí hay escritura de derecha a izquierda con puntos vocálicos u otras marcas. En esta página pueden quedar"
    " un poco al lado de sus letras. Infusion Journal la muestra tal como se escribió.",
    codes="Un signo que esta página no puede mostrar, o que no se ve, aparece con su código: U+ y su número, entre"
    " corchetes. Infusion Journal lo conserva tal como se escribió.",
    notice="Tenga en cuenta",
    about="Sobre este documento",
    patient="Paciente",
    clinic="Clínica",
    zone="Zona horaria",
    version="Versión",
    entry="Entrada",
    version_identifier="Esta versión",
    questionnaire="Cuestionario",
    page_of="Página {page} de {pages}",
)


def in_language(language: str) -> Words:
    """The words for a BCP 47 tag: Spanish for any Spanish, otherwise English."""
    return SPANISH if language.lower().partition("-")[0] == "es" else ENGLISH


def day(when: date, words: Words) -> str:
    """A calendar day without its weekday, as a birth date is written: "4 March 1985"."""
    return format_date(when, words.day, locale=words.locale)


def weekday(when: datetime, zone: str, words: Words) -> str:
    """The day of an aware instant in the clinic's zone: "Friday, 20 November 2026"."""
    return _in_zone(when, words.weekday, zone, words)


def moment(when: datetime, zone: str, words: Words) -> str:
    """An aware instant in the clinic's zone: "Friday, 20 November 2026, 10:30 Pacific Standard Time"."""
    return _in_zone(when, words.moment, zone, words)


def _in_zone(when: datetime, pattern: str, zone: str, words: Words) -> str:
    if when.tzinfo is None:
        raise ValueError("an instant in a summary must carry its zone")
    return format_datetime(when, pattern, tzinfo=ZoneInfo(zone), locale=words.locale)
