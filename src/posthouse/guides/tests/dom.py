"""Just enough of a tree of HTML elements to count what a page contains."""

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "path"}


class Element:
    """An element: its tag, attributes, children and text."""

    def __init__(self, tag, attributes=()):
        self.tag, self.attributes, self.children, self.words = tag, dict(attributes), [], []

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    @property
    def text(self):
        return "".join(part if isinstance(part, str) else part.text for part in self.words)

    def all(self, tag, name="", *, into=lambda element: True):
        """Elements below with this tag and class; `into` says which elements are looked into."""
        for child in self.children:
            if child.tag == tag and (not name or name in child.classes):
                yield child
            if into(child):
                yield from child.all(tag, name, into=into)

    def one(self, tag, name=""):
        return next(self.all(tag, name), None)

    def by_id(self, name):
        for child in self.children:
            found = child if child.attributes.get("id") == name else child.by_id(name)
            if found is not None:
                return found
        return None


class _Builder(HTMLParser):
    def __init__(self):
        super().__init__()
        self.stack = [Element("root")]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs)
        self.stack[-1].children.append(element)
        self.stack[-1].words.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.stack[-1].tag == tag, f"</{tag}> closes <{self.stack[-1].tag}>"
            self.stack.pop()

    def handle_data(self, data):
        self.stack[-1].words.append(data)


def parse(html):
    """The root of the tree; fails on elements that are not closed in order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert len(builder.stack) == 1, f"not closed: {[element.tag for element in builder.stack]}"
    return builder.stack[0]
