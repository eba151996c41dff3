#!/usr/bin/env python3
"""The pages in a real browser, with failures in them: nothing is wider than the window at 390 and 1280 px, links lead to what
they name, and show it, the filter filters: browser.py UNDR-CHECK UNDR-MANAGER UNDR-BROKEN.

A page of its own holds each page in a frame of that width, looks, and sends what it saw to a server here: however slow the
browser is, nothing is decided by a clock."""
import http.server
import json
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

import made

CHECK, MANAGER, BROKEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
WIDTHS = (390, 1280)
PATIENCE = 600  # seconds for a browser that says nothing at all

LOOK = """<!DOCTYPE html><meta charset="utf-8"><title>look</title><body><script>
var pages = PAGES, widths = WIDTHS, seen = [];
async function is_shown(frame, href, target) { // what is folded opens for it, which may take a moment
  for (var tries = 0; tries < 60; tries++) {
    if (frame.contentWindow.location.hash === href && shown(target)) { return true; }
    await new Promise(function (done) { setTimeout(done, 50); });
  }
  return false;
}
function open_page(url, width) {
  return new Promise(function (done) {
    var frame = document.createElement('iframe');
    frame.style.cssText = 'border:0;height:900px;width:' + width + 'px';
    frame.onload = function () { done(frame); };
    frame.src = url;
    document.body.appendChild(frame);
  });
}
function shown(element) {
  var box = element.getBoundingClientRect();
  return element.getClientRects().length > 0 && box.height > 0;
}
function wide(frame, width) { // what sticks out of the page, outside of what scrolls by itself
  var page = frame.contentDocument, names = [];
  if (page.documentElement.scrollWidth <= width) { return []; }
  page.querySelectorAll('body *').forEach(function (one) {
    if (names.length < 5 && one.getBoundingClientRect().right > width + 1 && !one.closest('.wide, pre')) {
      names.push(one.tagName + ' ' + (one.id || one.textContent.slice(0, 40)));
    }
  });
  return names.concat('the page is ' + page.documentElement.scrollWidth + ' px wide');
}
function targets(frame) { // the links of a page to itself, one for each target
  var all = {};
  frame.contentDocument.querySelectorAll('a[href^="#"]').forEach(function (link) { all[link.getAttribute('href')] = link; });
  return all;
}
async function look(url, width) {
  var frame = await open_page(url, width), faults = wide(frame, width), page = frame.contentDocument, links = targets(frame);
  var folded = page.querySelectorAll('details:not([open])').length, followed = 0;
  for (var href in links) {
    page.querySelectorAll('details[open]').forEach(function (one) { one.open = false; });
    links[href].click();
    var target = page.getElementById(decodeURIComponent(href.slice(1)));
    if (!target) { faults.push(href + ' leads nowhere'); continue; }
    if (!await is_shown(frame, href, target)) { faults.push(href + ' is not shown'); }
    followed += 1;
  }
  page.querySelectorAll('.cause').forEach(function (one) {
    if (one.textContent.includes('\\n') && !one.innerText.includes('\\n')) { faults.push('the lines of the cause run together'); }
  });
  page.querySelectorAll('details').forEach(function (one) { one.open = true; });
  faults = faults.concat(wide(frame, width).map(function (one) { return one + ' (unfolded)'; }));
  var form = page.getElementById('filter');
  var filtered = form ? filter(frame, form) : null;
  frame.remove();
  return {url: url, width: width, faults: faults, followed: followed, folded: folded, filtered: filtered};
}
function filter(frame, form) {
  var rows = function () {
    return Array.from(frame.contentDocument.querySelectorAll('tr[data-standing]')).filter(function (one) { return !one.hidden; }).length;
  };
  var counts = [rows()];
  form.standing.selectedIndex = 1; // failed
  form.dispatchEvent(new Event('input'));
  counts.push(rows());
  form.id_.value = 'SCHED-3';
  form.dispatchEvent(new Event('input'));
  counts.push(rows());
  return counts;
}
(async function () {
  try {
    for (var page of pages) { for (var width of widths) { seen.push(await look(page, width)); } }
  } catch (error) { seen.push({url: String(error.stack), width: 0, faults: ['the script failed'], followed: 0}); }
  fetch('/seen', {method: 'POST', body: JSON.stringify(seen)});
})();
</script></body>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        self.server.seen.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def browse(browser, folder, pages):
    """What the browser saw of these pages."""
    (folder / "look.html").write_text(LOOK.replace("PAGES", json.dumps(pages)).replace("WIDTHS", json.dumps(WIDTHS)))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *words: Handler(*words, directory=str(folder)))
    server.seen = queue.Queue()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="undr-browser-", ignore_cleanup_errors=True) as profile, \
            open(folder / "browser.log", "w") as log:
        process = subprocess.Popen(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}",
             "--remote-debugging-port=0",  # so that it stays
             "--window-size=1400,1000", f"http://127.0.0.1:{server.server_address[1]}/look.html"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            return server.seen.get(timeout=PATIENCE)
        except queue.Empty:
            sys.exit(f"the browser says nothing; its output:\n{(folder / 'browser.log').read_text()[-3000:]}")
        finally:
            process.terminate()
            process.wait()
            server.shutdown()


def make_pages(folder):
    """The pages to look at, as paths below FOLDER, and one that is wrong on purpose."""
    made.report(CHECK, folder, "lifo", BROKEN, "--bug", "lifo")
    made.report(CHECK, folder, "big-endian", BROKEN, "--bug", "big-endian-answers", only=("manager.framing.*", "manager.life.*"))
    made.report(CHECK, folder, "good", MANAGER)
    done = made.site(CHECK, folder / "site", "--report", folder / "lifo.json", "--report", folder / "good.json",
                     "--report", folder / "big-endian.json")
    if done.returncode != 0:
        sys.exit(done.stderr)
    (folder / "wrong.html").write_text(
        '<!DOCTYPE html><meta name="viewport" content="width=device-width"><body><a href="#gone">x</a> <a href="#hidden">y</a>'
        f'<p id="hidden" hidden>never seen</p><p>{"W" * 400}</p></body>')
    sources = sorted(path.relative_to(folder).as_posix() for path in (folder / "site/code").rglob("*.html"))[:2]
    return ["lifo.html", "big-endian.html", "good.html", *(f"site/{path.name}" for path in sorted((folder / "site").glob("*.html"))),
            *sources, "wrong.html"]


def judge(seen, pages):
    """The faults; a page that is wrong on purpose must have its own."""
    faults, wrong = [], []
    for one in seen:
        print(f"{one['url']} at {one['width']} px: {one['followed']} links followed, {len(one['faults'])} faults")
        (wrong if one["url"] == "wrong.html" else faults).extend(f"{one['url']} at {one['width']} px: {each}" for each in one["faults"])
    if [(one["url"], one["width"]) for one in seen] != [(page, width) for page in pages for width in WIDTHS]:
        faults.append("not every page was seen at every width")
    for part in ("#gone leads nowhere", "#hidden is not shown", "px wide"):
        if sum(part in each for each in wrong) < len(WIDTHS):
            faults.append(f"the page that is wrong on purpose: not noticed: {part}")
    for one in seen:
        if one["url"] == "lifo.html" and not one["filtered"][0] > one["filtered"][1] > one["filtered"][2] > 0:
            faults.append(f"the filter leaves {one['filtered']} rows: all, failed, those of SCHED-3")
        if one["url"] == "lifo.html" and (one["followed"] < 20 or one["folded"] == 0):
            faults.append("the report of a broken manager has hardly any links, or folds nothing")
    return faults


def main():
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("SKIPPED: chromium is not installed (scripts/setup --all)")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="undr-pages-"))
    try:
        pages = make_pages(folder)
        faults = judge(browse(browser, folder, pages), pages)
    finally:
        shutil.rmtree(folder)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
