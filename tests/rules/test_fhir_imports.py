"""`fhir.resources.<name>` without R4B is another FHIR, and a folder `fhir` with an __init__.py hides the library."""

from pathlib import Path

from tests.rules.sources import house_files, modules_imported, python_files


def wrong_imports(path: str, source: str) -> list[str]:
    return [
        f"{path}:{line} {module}"
        for module, line in modules_imported(source)
        if module.startswith("fhir.") and not (module + ".").startswith("fhir.resources.R4B.")
    ]


def hides_the_library(path: Path) -> bool:
    """Whether a file makes some folder `fhir` a package of ours."""
    return "fhir" in path.parts[:-1] and path.suffix == ".py"


def test_only_r4b_is_imported() -> None:
    files = python_files() | python_files("tests")
    assert [offence for path, source in files.items() for offence in wrong_imports(path, source)] == []


def test_no_folder_named_fhir_is_a_package() -> None:
    assert [path for path in house_files() if hides_the_library(path)] == []


def test_these_rules_can_fail() -> None:
    planted = (
        "from fhir.resources.patient import Patient\n"
        "import fhir.resources.R4Bx\n"
        "from fhir.resources import STU3\n"
    )
    assert len(wrong_imports("service/r4/patient.py", planted)) == 3
    assert wrong_imports("service/r4/patient.py", "from fhir.resources.R4B.patient import Patient") == []
    assert hides_the_library(Path("tests/fhir/__init__.py"))
    assert not hides_the_library(Path("tests/r4/fhir.py"))
