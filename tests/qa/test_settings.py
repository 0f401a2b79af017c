"""qa.settings: environment over file over defaults; a wrong value is named."""

import re
from pathlib import Path

import pytest

from index.errors import InvalidRequest
from qa.settings import Settings, load_settings


def test_defaults_work_on_a_laptop() -> None:
    assert load_settings({}) == Settings()
    assert (Settings().data, Settings().host, Settings().port) == ("./var", "127.0.0.1", 8000)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "extrait.toml"
    file.write_text('port = 9000\ndata = "/srv/été"\nmin_confidence = 1\n', encoding="utf-8")
    found = load_settings(
        {"EXTRAIT_CONFIG": str(file), "EXTRAIT_PORT": "9001", "EXTRAIT_UPLOAD_LIMIT": "5", "PATH": "/bin"}
    )
    assert found == Settings(data="/srv/été", port=9001, min_confidence=1.0, upload_limit=5)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"EXTRAIT_PORT": "eight"}, "port"),
        ({"EXTRAIT_PORT": ""}, "port"),
        ({"EXTRAIT_PORT": "65536"}, "65535"),
        ({"EXTRAIT_PORT": "-1"}, "65535"),
        ({"EXTRAIT_MIN_CONFIDENCE": "1.1"}, "EXTRAIT_MIN_CONFIDENCE"),
        ({"EXTRAIT_MIN_CONFIDENCE": "nan"}, "EXTRAIT_MIN_CONFIDENCE"),
        ({"EXTRAIT_MIN_CONFIDENCE": "high"}, "min_confidence"),
        ({"EXTRAIT_TARGET_PRECISION": "1"}, "EXTRAIT_TARGET_PRECISION"),
        ({"EXTRAIT_TARGET_PRECISION": "0"}, "EXTRAIT_TARGET_PRECISION"),
        ({"EXTRAIT_UPLOAD_LIMIT": "0"}, "EXTRAIT_UPLOAD_LIMIT"),
        ({"EXTRAIT_BACKEND": "tensorflow"}, "'tensorflow': give openvino or torch"),
        ({"EXTRAIT_LOG_LEVEL": "loud"}, "'loud'"),
        ({"EXTRAIT_PROT": "80"}, "EXTRAIT_PORT"),
        ({"EXTRAIT_CONFIG": "/nowhere/x.toml"}, "/nowhere/x.toml"),
        ({"EXTRAIT_CONFIG": "/"}, "'/'"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_wrong_value_is_named(environment: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        load_settings(environment)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"prot = 80", b'port = "x"', b"[port]"], ids=repr)
def test_a_wrong_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(InvalidRequest):
        load_settings({"EXTRAIT_CONFIG": str(tmp_path / "x.toml")})


def test_every_message_names_settings_that_exist() -> None:
    source = Path(__file__).parents[2]
    named = {
        name for folder in ("index", "qa", "api") for path in (source / folder).rglob("*.py")
        for name in re.findall(r"EXTRAIT_[A-Z_]+", path.read_text(encoding="utf-8"))
    }  # fmt: skip
    known = {f"EXTRAIT_{name.upper()}" for name in Settings.__struct_fields__} | {"EXTRAIT_CONFIG", "EXTRAIT_"}
    assert named <= known
