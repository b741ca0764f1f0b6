"""Where the published definitions and the templates lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def definitions() -> Path:
    """The folder `fhir/` with the published FHIR definitions."""
    return _found("fhir")


def templates() -> Path:
    """The folder `templates/` with what people see."""
    return _found("templates")


def static() -> Path:
    """The folder with styles, scripts and fonts of our pages."""
    return _PACKAGE / "web" / "static"


def _found(name: str) -> Path:
    bundled = _PACKAGE / "_bundled" / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name
