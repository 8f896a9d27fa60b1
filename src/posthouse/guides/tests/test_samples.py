import ast
import shutil
import subprocess

import pytest

from posthouse.guides.openapi.samples import key_variable, samples
from posthouse.guides.openapi.source import read_source
from posthouse.guides.openapi.spec import Spec


def of(spec, slug, **options):
    return {
        title: code
        for _, title, code in samples(
            spec.operation(slug), **({"base_url": spec.servers[0].url, "variable": "PETS_KEY"} | options)
        )
    }


def test_a_call_in_every_language(sunline):
    found = of(Spec(read_source(sunline).content), "get-moon", variable="SUNLINE_KEY")
    assert found["curl"] == (
        'curl "http://127.0.0.1:8001/v1/moon?lat=40.42&lon=-3.7&date=2026-11-22&tz=Europe/Madrid" \\\n'
        '  -H "Authorization: Bearer $SUNLINE_KEY"'
    )
    assert 'os.environ["SUNLINE_KEY"]' in found["Python"]
    assert "process.env.SUNLINE_KEY" in found["JavaScript"]


@pytest.mark.mission("J2.4")
def test_a_key_that_may_be_seen_is_filled_in(sunline):
    found = of(Spec(read_source(sunline).content), "get-moon", secret="sun_test_abc")
    assert all("Bearer sun_test_abc" in code for code in found.values())
    ways = ("environ", "process.env", "$SUNLINE", "getenv(", "Getenv(", "ENV.fetch")
    assert not any(way in code for code in found.values() for way in ways)


def test_bodies_keys_and_servers_of_all_kinds(small):
    found = of(Spec(small), "add-pet")
    assert 'curl "https://eu.pets.example/v2/pets"' in found["curl"]
    assert '-H "X-Key: $PETS_KEY"' in found["curl"]
    assert '-H "Content-Type: application/json"' in found["curl"]
    assert '"X-Key": os.environ["PETS_KEY"]' in found["Python"]
    assert '"id"' not in found["curl"], "read-only members are not sent"


def test_samples_cannot_be_broken_out_of(small):
    nasty = 'it\'s "$(rm)" `x` \\ \n</script>'
    small["paths"]["/pets"]["post"]["requestBody"] = {"content": {"application/json": {"example": {"n'": nasty}}}}
    small["paths"]["/pets/{pet_id}"]["get"]["parameters"][0]["example"] = "a b/\"'$(x)`"
    spec = Spec(small)
    assert "/pets/a%20b%2F%22%27%24%28x%29%60" in of(spec, "get-pets-pet-id")["curl"]
    shown = subprocess.run(["bash", "-nc", of(spec, "add-pet")["curl"]], capture_output=True, check=False)
    assert shown.returncode == 0
    ast.parse(of(spec, "add-pet")["Python"])


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Sunline", "SUNLINE_KEY"),
        ("Box Platform API", "BOX_KEY"),
        ("Discord HTTP API (Preview)", "DISCORD_KEY"),
        ("", "API_KEY"),
        ("API", "API_KEY"),
        ("Acme Pay", "ACME_PAY_KEY"),
        ("ñandú", "AND_KEY"),
    ],
)
def test_the_key_has_a_variable_named_after_the_api(title, name):
    assert key_variable(title) == name


@pytest.mark.slow
def test_every_sample_of_the_real_documents_is_a_program(real, tmp_path):
    spec = Spec(read_source(real).content)
    node = shutil.which("node")
    for at, slug in enumerate(spec.heads):
        found = of(spec, slug)
        ast.parse(found["Python"])
        if at % 40 == 0:
            assert subprocess.run(["bash", "-nc", found["curl"]], check=False).returncode == 0, slug
            if node:
                script = tmp_path / "sample.mjs"
                script.write_text(found["JavaScript"])
                assert subprocess.run([node, "--check", script], check=False).returncode == 0, slug
