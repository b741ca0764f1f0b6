"""Claims about the Helm chart, by the real Helm SDK: what an operator may say, and what then runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from service.clinic import read_clinics
from service.settings import PREFIX, Settings, read_settings
from tests.rules.sources import ROOT

pytestmark = pytest.mark.helm

CHART = ROOT / "helm"
CASES = sorted((CHART / "ci").glob("*-values.yaml"))
RUNS_PODS = ("Deployment", "Job", "Pod")


def values(case: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(case.read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def chart() -> Iterator[Any]:
    import helm_python

    with helm_python.Chart.load(str(CHART)) as loaded:
        yield loaded


def rendered(chart: Any, given: dict[str, Any], name: str = "infusion-journal") -> list[dict[str, Any]]:
    """Every object the chart makes of these values."""
    texts = chart.render(values=given, name=name, namespace="journal").values()
    return [thing for text in texts for thing in yaml.safe_load_all(text) if thing]


def the(things: list[dict[str, Any]], kind: str, ending: str = "") -> dict[str, Any]:
    found = [one for one in things if one["kind"] == kind and one["metadata"]["name"].endswith(ending)]
    assert len(found) == 1
    return found[0]


def pods(things: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each pod is made of, whoever starts it."""
    return [
        one["spec"] if one["kind"] == "Pod" else one["spec"]["template"]["spec"]
        for one in things
        if one["kind"] in RUNS_PODS
    ]


def environment(pod: dict[str, Any]) -> dict[str, Any]:
    return {variable["name"]: variable for variable in pod["containers"][0].get("env", ())}


def refusal(chart: Any, given: dict[str, Any]) -> str:
    import helm_python

    with pytest.raises(helm_python.HelmError) as refused:
        chart.render(values=given, name="journal")
    return str(refused.value)


@pytest.mark.parametrize("case", [None, *CASES], ids=lambda case: case.stem if case else "defaults")
def test_it_lints_without_a_warning(case: Path | None) -> None:
    import helm_python

    report = helm_python.lint(str(CHART), values(case) if case else None, strict=True)
    assert report["errors"] == []
    assert [found["error"] for found in report["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_it_makes_what_it_is_said_to_make_and_no_secret(chart: Any, case: Path) -> None:
    kinds = sorted(one["kind"] for one in rendered(chart, values(case)))
    always = ["ConfigMap", "Deployment", "Deployment", "Job", "Pod", "Service", "ServiceAccount"]
    on_demand = ["Ingress", "NetworkPolicy"] if case.stem.startswith("everything") else []
    assert kinds == sorted(always + on_demand)


@pytest.mark.parametrize("place", [(), ("image",), ("web",), ("worker", "resources"), ("networkPolicy",)])
def test_a_key_nobody_knows_is_refused_by_name(chart: Any, place: tuple[str, ...]) -> None:
    given = values(CHART / "ci" / "everything-values.yaml")
    inner = given
    for key in place:
        inner = inner.setdefault(key, {})
    inner["replicsa"] = 3
    assert "replicsa" in refusal(chart, given)


@pytest.mark.parametrize(
    ("slip", "named"),
    [
        ({"publicUrl": "http://journal.clinic.example"}, "publicUrl"),
        ({"publicUrl": "https://journal.clinic.example/app"}, "publicUrl"),
        ({"image": {"digest": "latest"}}, "digest"),
        ({"web": {"replicas": 0}}, "replicas"),
        ({"trustedHops": 6}, "trustedHops"),
        ({"logLevel": "trace"}, "logLevel"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(chart: Any, slip: dict[str, Any], named: str) -> None:
    assert named in refusal(chart, {**values(CHART / "ci" / "smallest-values.yaml"), **slip})


@pytest.mark.parametrize("left_out", ["image", "publicUrl", "clinics", "database", "secrets"])
def test_what_has_no_default_is_asked_for(chart: Any, left_out: str) -> None:
    given = values(CHART / "ci" / "smallest-values.yaml")
    del given[left_out]
    assert f"{left_out}" in refusal(chart, given)


@pytest.mark.parametrize("ending", ["web", "worker"])
def test_every_setting_is_set_and_nothing_else(chart: Any, ending: str) -> None:
    things = rendered(chart, values(CASES[0]))
    pod = the(things, "Deployment", ending)["spec"]["template"]["spec"]
    assert set(environment(pod)) == {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("ending", ["web", "worker"])
def test_the_service_accepts_what_the_chart_sets(chart: Any, ending: str) -> None:
    things = rendered(chart, values(CASES[0]))
    given = environment(the(things, "Deployment", ending)["spec"]["template"]["spec"])
    plain = {name: variable.get("value", "postgresql+psycopg://u@h/d") for name, variable in given.items()}
    settings = read_settings(plain)
    assert (settings.mode, settings.worker, settings.is_embedded) == ("production", "separate", False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_clinics_arrive_as_they_were_written(chart: Any, case: Path, tmp_path: Path) -> None:
    given = values(case)
    data = the(rendered(chart, given), "ConfigMap")["data"]
    (tmp_path / "clinics.toml").write_text(data["clinics.toml"], "utf-8")
    assert data["clinics.toml"].strip() == given["clinics"].strip()
    assert list(read_clinics(tmp_path / "clinics.toml")) == ["harbor"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_pod_may_do_as_little_as_possible(chart: Any, case: Path) -> None:
    found = pods(rendered(chart, values(case)))
    assert len(found) == 4
    for pod in found:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            allowed = container["securityContext"]
            assert allowed["readOnlyRootFilesystem"] is True
            assert allowed["allowPrivilegeEscalation"] is False
            assert allowed["capabilities"] == {"drop": ["ALL"]}
            assert "@sha256:" in container["image"]
            assert {"requests", "limits"} <= set(container["resources"])


def test_kubernetes_adds_no_variables_with_our_prefix(chart: Any) -> None:
    """A Service called infusion-journal would give every pod INFUSION_JOURNAL_PORT, which is no setting of ours."""
    things = rendered(chart, values(CASES[0]), name="infusion-journal")
    assert the(things, "Service")["metadata"]["name"] == "infusion-journal"
    assert all(pod["enableServiceLinks"] is False for pod in pods(things))


def test_the_address_of_the_database_comes_from_a_secret_alone(chart: Any) -> None:
    for pod in pods(rendered(chart, values(CASES[0])))[:3]:
        for name, variable in environment(pod).items():
            if name.endswith("DATABASE_URL"):
                assert set(variable) == {"name", "valueFrom"}
                named = variable["valueFrom"]["secretKeyRef"]["name"]
                assert named in ("journal-database", "journal-owner")


def test_who_migrates_may_be_another_than_who_serves(chart: Any) -> None:
    """The owner's address is known to the migration alone, which names the role that serves."""
    things = rendered(chart, values(CASES[0]))
    job = the(things, "Job")["spec"]["template"]["spec"]
    assert job["containers"][0]["command"][1:] == ["migrate", "--serving-role=journal-serves"]
    knowing = [pod for pod in pods(things) if "journal-owner" in str(environment(pod))]
    assert knowing == [job]


def test_whoever_names_an_owner_names_who_serves(chart: Any) -> None:
    given = {**values(CASES[1]), "migration": {"existingSecret": "journal-owner"}}
    assert "migration.servingRole" in refusal(chart, given)
    job = the(rendered(chart, values(CASES[1])), "Job")["spec"]["template"]["spec"]
    assert job["containers"][0]["command"][1:] == ["migrate"]
    assert "journal-database" in str(environment(job))


def test_the_migration_needs_nothing_that_comes_after_it(chart: Any) -> None:
    """A pre-install hook runs before the chart's ConfigMap and ServiceAccount are there."""
    job = the(rendered(chart, values(CASES[0])), "Job")
    pod = job["spec"]["template"]["spec"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert "serviceAccountName" not in pod
    assert {kind for volume in pod["volumes"] for kind in volume} == {"name", "emptyDir"}


def test_web_is_asked_how_it_is(chart: Any) -> None:
    pod = the(rendered(chart, values(CASES[0])), "Deployment", "web")["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_every_pod_starts_a_command_that_exists(chart: Any) -> None:
    """Parsed by the command line itself, options and all, and not run."""
    from service.cli import commands

    started = [pod["containers"][0]["command"] for pod in pods(rendered(chart, values(CASES[0])))]
    ours = [words for program, *words in started if program == "infusion-journal"]
    for words in ours:
        name, command, options = commands.resolve_command(click.Context(commands), list(words))
        assert command is not None
        command.make_context(name, list(options))
    assert sorted(words[0] for words in ours) == ["migrate", "serve", "worker"]


def test_every_mount_has_its_volume(chart: Any) -> None:
    for pod in pods(rendered(chart, values(CASES[0]))):
        mounted = {mount["name"] for mount in pod["containers"][0].get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in pod.get("volumes", ())}


def test_other_clinics_restart_the_pods(chart: Any) -> None:
    given = values(CASES[0])
    first = the(rendered(chart, given), "Deployment", "web")["spec"]["template"]["metadata"]
    given["clinics"] = given["clinics"].replace("Harbor", "Haven")
    second = the(rendered(chart, given), "Deployment", "web")["spec"]["template"]["metadata"]
    assert first["annotations"]["checksum/clinics"] != second["annotations"]["checksum/clinics"]


def test_the_ingress_serves_the_public_host_with_a_certificate(chart: Any) -> None:
    ingress = the(rendered(chart, values(CHART / "ci" / "everything-values.yaml")), "Ingress")["spec"]
    assert ingress["rules"][0]["host"] == "journal.clinic.example"
    assert ingress["tls"] == [{"hosts": ["journal.clinic.example"], "secretName": "journal-certificate"}]


def test_a_long_release_name_still_makes_names_kubernetes_takes(chart: Any) -> None:
    things = rendered(chart, values(CASES[0]), name="the-clinic-by-the-harbour-in-the-north-of-town-2026x")
    assert all(len(one["metadata"]["name"]) <= 63 for one in things)
