"""Which language or tool a call was made with, by how the program introduced itself."""

import re
from collections.abc import Iterator

WORDS = {
    "python": ("python", "py", "aiohttp", "httpx", "urllib3"),
    "javascript": ("javascript", "js", "node", "nodejs", "typescript", "ts", "axios", "undici", "deno", "bun"),
    "go": ("go", "golang", "resty"),
    "java": ("java", "jvm", "okhttp", "apache-httpclient", "retrofit"),
    "kotlin": ("kotlin", "ktor"),
    "php": ("php", "guzzlehttp"),
    "ruby": ("ruby", "faraday", "rest-client", "httparty"),
    "c#": ("dotnet", "csharp", ".net", "restsharp"),
    "rust": ("rust", "reqwest", "ureq"),
    "swift": ("swift", "cfnetwork", "alamofire"),
    "dart": ("dart", "flutter"),
    "elixir": ("elixir", "hackney"),
    "perl": ("perl", "libwww-perl"),
    "curl": ("curl", "libcurl"),
    "wget": ("wget",),
    "httpie": ("httpie",),
    "powershell": ("powershell", "windowspowershell"),
    "postman": ("postman", "postmanruntime"),
    "insomnia": ("insomnia",),
    "bruno": ("bruno", "bruno-runtime"),
}
"""The words by which a language or tool is told."""
OTHER, BROWSER = "other", "browser"
_TOOLS = {word: tool for tool, words in WORDS.items() for word in words}


def tool_of(*, sdk: str, user_agent: str) -> str:
    """The language of the library, else of the program; `other` where it is none we know, empty where nothing is."""
    said = list(_words(sdk)) + list(_words(user_agent))
    found = next((_TOOLS[word] for word in said if word in _TOOLS), "")
    return found or (BROWSER if "mozilla" in said else OTHER if said else "")


def _words(text: str) -> Iterator[str]:
    """The names of products, without their versions, each followed by its parts: `go-http-client`, `go`, `http` …"""
    for product in re.findall(r"[^\s;,()]+", text.lower()):
        name = re.sub(r"^@", "", product).replace("@", "/")
        for place in name.split("/"):
            if not re.match(r"v?\d", place):
                yield place
                yield from re.split(r"[-_]", place)
