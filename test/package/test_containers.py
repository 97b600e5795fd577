"""Guards the Dockerfiles: a fresh machine can follow them, and CUDA's has the same steps."""

# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.checkout import ROOT

from fresh_machine.__main__ import STAGES
from fresh_machine.host import host_settings
from fresh_machine.steps import Stage, Step, StepError, read_stages, with_bases

GIVEN = {"WHO": "somebody", "TESTS": "test/package"}


def stages(name: str) -> dict[str, Stage]:
    """The stages of a Dockerfile of this repository."""
    return read_stages(ROOT / name, GIVEN)


def test_cuda_has_the_same_steps_and_one_stage_more() -> None:
    cuda = stages("Dockerfile.cuda")
    last = cuda.pop("cuda")
    assert cuda == stages("Dockerfile")
    assert last.base == "runtime"
    assert "UNTRIED" in (ROOT / "Dockerfile.cuda").read_text().partition("\n")[0]


def test_a_fresh_machine_follows_every_stage() -> None:
    read = stages("Dockerfile")
    followed = {stage.name for name in STAGES for stage in with_bases(read, name)}
    assert followed == set(read)


def test_the_readme_s_two_commands_are_run_by_the_user_that_was_asked_for() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"## Two commands.*?```sh\n(.*?)```", readme, re.DOTALL)
    steps = stages("Dockerfile")["commands"].steps
    made = [step.text for step in steps if step.text.startswith("make ")]
    assert [" ".join(text.split()[:2]) for text in made] == shown.split("\n")[:-1]
    assert steps.index(Step("USER", "somebody")) < steps.index(Step("RUN", made[0]))


def test_the_readme_names_the_packages_that_are_installed_for_it() -> None:
    read = stages("Dockerfile")
    texts = [step.text for name in ("system", "tools") for step in read[name].steps]
    installed = {
        word
        for text in texts
        for words in re.findall(r"apt-get install [-a-z ]*?recommends (.*)", text)
        for word in words.split()
    }
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    (named,) = re.findall(r"`apt install (g\+\+ git [^`]*)`", readme)
    assert set(named.split()) | {"ca-certificates", "python3"} == installed


def test_the_node_is_installed_where_no_compiler_is() -> None:
    read = stages("Dockerfile")
    for stage in with_bases(read, "runtime"):
        assert not any("g++" in step.text for step in stage.steps)
    assert any("g++" in step.text for step in read["tools"].steps)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("FROM debian:bookworm", "has no 'AS name'"),
        ("FROM debian:bookworm AS one\nADD a b", "'ADD a b' is no instruction"),
        ("RUN true", "'RUN true' is no instruction"),
    ],
)
def test_a_line_that_a_chroot_cannot_follow_is_named(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "Dockerfile").write_text(line)
    with pytest.raises(StepError, match=told):
        read_stages(tmp_path / "Dockerfile", {})


def test_continued_lines_comments_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        "ARG WHO=me\n# no step\nFROM a AS one\nARG WHO\nUSER $WHO\nRUN echo \\\n  $WHO\n"
    )
    stage = read_stages(tmp_path / "Dockerfile", {})["one"]
    assert stage.steps[0] == Step("USER", "me")
    # The shell's own: it sees the argument as a variable.
    assert stage.steps[1].text.split() == ["echo", "$WHO"]
    assert stage.arguments == {"WHO": "me"}


def test_what_pip_is_told_here_is_told_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders by their own path, files by another; addresses as they are."""
    wheels, certificate = tmp_path / "wheels", tmp_path / "certificates.pem"
    (tmp_path / "index" / "simple").mkdir(parents=True)
    wheels.mkdir()
    certificate.touch()
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_CERT", str(certificate))
    monkeypatch.setenv("PIP_INDEX_URL", f"file://{tmp_path}/index/simple")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "packages.example.org")
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    settings = host_settings()
    variables = settings.variables
    assert variables["PIP_FIND_LINKS"] == str(wheels)
    assert variables["PIP_CERT"] == "/run/host/certificates.pem"
    assert variables["PIP_INDEX_URL"] == f"file://{tmp_path}/index/simple"
    assert variables["PIP_TRUSTED_HOST"] == "packages.example.org"
    assert variables["https_proxy"] == "http://proxy.example.org:3128"
    assert settings.shown[certificate] == Path("/run/host/certificates.pem")
    # The files lie beside the pages of an index.
    assert settings.shown[tmp_path / "index"] == tmp_path / "index"
    assert settings.shown[wheels] == wheels
