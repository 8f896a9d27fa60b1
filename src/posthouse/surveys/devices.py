"""What kind of device a browser says it runs on, in one word; no more of it is kept."""


def device_of(user_agent: str) -> str:
    """`phone`, `tablet`, `desktop`, or empty when it does not say."""
    said = user_agent.lower()
    if not said:
        return ""
    if "ipad" in said or "tablet" in said or ("android" in said and "mobile" not in said):
        return "tablet"
    if "mobi" in said or "iphone" in said:
        return "phone"
    return "desktop" if any(word in said for word in ("windows", "macintosh", "x11", "linux", "cros")) else ""
