#!/usr/bin/env python3
"""The pages as a parser sees them: pages.py UNDR-CHECK UNDR-MANAGER UNDR-BROKEN [TEST...]."""
import html
import html.parser
import importlib.machinery
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import made

CHECK, MANAGER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
SOURCE = made.SOURCE
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(html.parser.HTMLParser):
    """Ids, links, images and text of a page; a tag that is not closed where it should be is a mistake."""

    def __init__(self, path):
        super().__init__(convert_charrefs=True)
        self.ids, self.links, self.images, self.words, self.open, self.mistakes = [], [], [], [], [], []
        self.feed(path.read_text())
        self.mistakes += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []
        self.images += [attributes["src"]] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()} closes another")

    def handle_data(self, data):
        self.words += data.split()


def broken_links(folder):
    """Of all pages below a folder."""
    pages = {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))}
    for name, page in pages.items():
        yield from (f"{name}: {mistake}" for mistake in page.mistakes)
        yield from (f"{name}: the id {one} is there twice" for one in set(page.ids) if page.ids.count(one) > 1)
        for link in set(page.links) | set(page.images):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (folder / name).parent / path if path else folder / name
            key = target.resolve().relative_to(folder.resolve()).as_posix() if target.exists() else None
            if key is None:
                yield f"{name}: {link} leads to no file"
            elif anchor and anchor not in pages[key].ids:
                yield f"{name}: {link}: there is no such anchor"


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-pages-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def spec(self, *words):
        done = subprocess.run([CHECK, "spec", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done

    def assert_whole(self, folder):
        self.assertEqual(list(broken_links(folder)), [])


class Specification(Pages):
    def write(self, *words):
        done = self.spec("--html", *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        path = self.folder / "spec.html"
        path.write_text(done.stdout)
        return path

    def ids(self):
        loader = importlib.machinery.SourceFileLoader("spec_coverage", str(SOURCE / "scripts/spec-coverage"))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("spec_coverage", loader))
        loader.exec_module(module)
        mistakes = []
        ids = module.read_requirements(SOURCE, mistakes)
        module.read_claims(SOURCE, ids, mistakes)
        module.read_comments(SOURCE, ids, mistakes)
        self.assertEqual(mistakes, [])
        return ids

    def test_each_sentence_has_an_anchor_and_all_that_there_is_for_it(self):
        ids = self.ids()
        text = self.write().read_text()
        page = Page(self.folder / "spec.html")
        self.assertLessEqual(set(ids), set(page.ids))
        parts = dict(re.findall(r'<div class="sentence" id="([A-Z0-9-]+)">(.*?)\n</div>\n</div>', text, re.DOTALL))
        self.assertEqual(set(parts), set(ids))
        bugs = [line.split("\t") for line in
                subprocess.run([BROKEN, "--list"], capture_output=True, text=True, check=True).stdout.splitlines()]
        for id, one in ids.items():
            with self.subTest(id):
                self.assertRegex(parts[id], rf"^\n<p><a [^>]*>{id}</a> \({one.level}\) ")
                self.assertEqual(set(re.findall(r"<li><code>([a-z0-9.-]+)</code> conformance", parts[id])),
                                 {case for case in one.cases if ".example." not in case})
                self.assertEqual(set(re.findall(r"<li>(ref/[^<]*:\d+)</li>", parts[id])), set(one.comments))
                self.assertEqual(set(re.findall(r"\(<code>([a-z0-9-]+)</code>\)</li>", parts[id])),
                                 {bug[2] for bug in bugs if bug[0] == "bug" and id in bug[3].split()})

    def test_no_word_is_lost_and_no_link_leads_nowhere(self):
        self.write()
        self.assert_whole(self.folder)
        shown = set(re.findall(r"\w{2,}", " ".join(Page(self.folder / "spec.html").words)))
        for name in ("protocol", "adapter", "exchange"):
            text = re.sub(r"\]\([^)]*\)|^```\w*", " ", (SOURCE / f"spec/{name}.md").read_text(), flags=re.MULTILINE)
            self.assertEqual(set(re.findall(r"\w{2,}", text)) - shown, set(), name)

    def test_a_report_says_how_a_target_did(self):
        made.report(CHECK, self.folder, "lifo", BROKEN, "--bug", "lifo")
        text = self.write("--report", self.folder / "lifo.json").read_text()
        sentence = re.search(r'id="SCHED-3">.*?</details>', text, re.DOTALL).group()
        self.assertRegex(sentence, r'<span class="fail">failed in \d+ of \d+ cases</span>')
        self.assertRegex(re.search(r'id="FRAME-3">.*?</details>', text, re.DOTALL).group(), '<span class="pass">held in 1 case</span>')
        self.assertIn('<span class="none">not tried</span>', re.search(r'id="WORK-2">.*?</details>', text, re.DOTALL).group())
        done = self.spec("SCHED-3", "--report", self.folder / "lifo.json")
        self.assertRegex(done.stdout, r"report .*lifo.json: failed in \d+ of \d+ cases\n")
        self.assertRegex(self.spec("FRAME-3", "--report", self.folder / "lifo.json").stdout, r"lifo.json: held in 1 case\n")

    def test_what_it_is_about_and_what_is_in_it(self):
        made.report(CHECK, self.folder, "lifo", BROKEN, "--bug", "lifo")
        about = json.loads((self.folder / "lifo.json").read_text())["about"]
        text = self.write("--report", self.folder / "lifo.json").read_text()
        head = text.partition("<nav>")[0]
        for part in ("lifo.json", about["date"], about["seed"], about["suite_version"]):
            self.assertIn(part, head)
        self.assertIn(f"<code>{about['spec_sha256']}</code>", text.partition("<footer>")[2])
        contents = re.search("<nav>.*</nav>", text, re.DOTALL).group()
        for name in ("protocol", "adapter", "exchange"):
            source = re.sub(r"^```.*?^```", "", (SOURCE / f"spec/{name}.md").read_text(), flags=re.DOTALL | re.MULTILINE)
            for heading in re.findall(r"^##? (.+)$", source, re.MULTILINE):
                self.assertIn(f">{html.escape(heading, quote=False).replace('`', '')}</a>",
                              re.sub("</?code>", "", contents))

    def test_text(self):
        self.assertIn("SCHED-3 (MUST) ", self.spec().stdout)
        one = self.spec("SCHED-3").stdout
        for part in ("case   manager.schedule.first-in-first-out  ", "code   ref/", "bug    lifo: manager "):
            self.assertIn(part, one)

    def test_what_it_refuses(self):
        for words, says in ((["SCHD-3"], "did you mean SCHED-3?"), (["--format", "json"], "the formats are text and html"),
                            (["--sources", "x"], "--sources belongs to spec --html"), (["--junit", "x"], "spec does not use --junit"),
                            (["--html", "a.md", "b.md"], "unexpected argument 'b.md'"), (["--html", "nowhere.md"], "nowhere.md"),
                            (["--report", __file__], "it is not JSON"), (["--", "x"], "spec starts no adapter")):
            done = self.spec(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(says, done.stderr, words)
        done = subprocess.run([CHECK, "diff", "--format", "html", "a", "b"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--format html belongs to spec", done.stderr)


class Site(Pages):
    def test_all_pages(self):
        made.report(CHECK, self.folder, "lifo", BROKEN, "--bug", "lifo")
        made.report(CHECK, self.folder, "good", MANAGER)
        done = made.site(CHECK, self.folder / "site", "--report", self.folder / "lifo.json", "--report", self.folder / "good.json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assert_whole(self.folder / "site")
        names = {path.name for path in (self.folder / "site").glob("*.html")}
        self.assertEqual(names, {"index.html", "spec.html", "vectors.html", "bench.html", "threats.html", "matrix.html"})
        for name in names:
            found = Page(self.folder / "site" / name).links
            self.assertLessEqual(names - {name}, set(found), name)
        start = (self.folder / "site/index.html").read_text()
        for name in names - {"index.html"}:
            self.assertRegex(start, f'<li><a href="{name}">[^<]+</a>: ')
        self.assertEqual(len(re.findall(r"<tr><td>[^<]*</td><td>[^<]*</td><td>manager: [^<]*pass", start)), 2)
        self.assertIn('failed in ', (self.folder / "site/spec.html").read_text())
        matrix = (self.folder / "site/matrix.html").read_text()
        row = re.search(r'<tr>.*#SCHED-3".*</tr>', matrix).group()
        self.assertEqual(re.findall(r'<span class="(\w+)">', row), ["fail", "pass"])
        self.assertIn("--bug lifo</th>", matrix)
        vectors = (self.folder / "site/vectors.html").read_text()
        for name in ("frames", "payloads"):
            for rows in json.loads((SOURCE / f"spec/vectors/{name}.json").read_text()).values():
                for row in rows:
                    line = re.search(rf"<tr><td><code>{re.escape(row['name'])}</code></td>.*</tr>", vectors).group()
                    self.assertIn(f'<code class="bytes">{row["bytes"][:96]}', line)
                    self.assertEqual(re.findall('href="spec.html#([A-Z0-9-]+)"', line), row.get("requirement", "").split())
        self.assertEqual(made.site(CHECK, self.folder / "site").returncode, 0)  # again, over its own
        self.assertFalse((self.folder / "site/matrix.html").exists())

    def test_what_it_refuses(self):
        mine = self.folder / "mine"
        mine.mkdir()
        self.assertIn("was not made by this script", made.site(CHECK, mine).stderr)
        for words, says in ((["--report", __file__], "it is not a report"),
                            (["--unknown"], "unrecognized arguments"), (["--rep", "x"], "unrecognized arguments")):
            done = made.site(CHECK, self.folder / "site", *words)
            self.assertNotEqual(done.returncode, 0, words)
            self.assertIn(says, done.stderr, words)


class Report(Pages):
    def test_links(self):
        for name, target in (("lifo", (BROKEN, "--bug", "lifo")), ("good", (MANAGER,))):
            made.report(CHECK, self.folder, name, *target)
        self.assert_whole(self.folder)
        self.assertIn('href="#manager.SCHED-3"', (self.folder / "lifo.html").read_text())

    def test_the_page_of_the_specification(self):
        made.report(CHECK, self.folder, "lifo", BROKEN, "--bug", "lifo",
                    more=["--spec-url", 'http://at.the/spec"<&.html', "--markdown", self.folder / "lifo.md"])
        links = Page(self.folder / "lifo.html").links
        self.assertIn('http://at.the/spec"<&.html#SCHED-3', links)
        self.assertIn('[SCHED-3](<http://at.the/spec"%3c&.html#SCHED-3>)', (self.folder / "lifo.md").read_text())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
