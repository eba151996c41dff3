/* page.c: what all HTML pages begin with. */
#include "report/page.h"

#include "report/escape.h"

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    ":root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --mild: #9a6700;\n"
    "  --dull: #6e7781; --line: #8884; }\n"
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem;\n"
    "  overflow-wrap: anywhere }\n"
    "h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem }\n"
    "h3 { font-size: 1rem; margin-bottom: .3rem }\n"
    ".wide { overflow-x: auto; max-width: 100% } table { border-collapse: collapse }\n"
    "td, th { border-bottom: 1px solid var(--line); padding: .15rem .5rem; text-align: left; overflow-wrap: normal }\n"
    "td.v { text-align: center; font-size: .85rem } .about th { white-space: nowrap }\n"
    ".about td, .sentence-text { overflow-wrap: anywhere }\n"
    "pre { background: #8881; border-radius: .4rem; overflow-x: auto; padding: .7rem; font-size: .85rem;\n"
    "  overflow-wrap: normal }\n"
    "code { font-size: .9rem } dt { font-weight: 600 } dd { margin: 0 0 .4rem 1rem }\n"
    ".pass, .info { color: var(--good) }\n"
    ".fail, .error, .stale, .changed, .blocked { color: var(--bad); font-weight: 600 }\n"
    ".warn { color: var(--mild); font-weight: 600 } .skip, .expected, .excused, .none { color: var(--dull) }\n"
    "article { border-left: 3px solid var(--bad); margin: 1.5rem 0; padding-left: 1rem }\n"
    ".sentence { border-left: 3px solid var(--line); padding-left: 1rem; margin: 1rem 0 } .sentence p { margin: 0 }\n"
    ".sentence:target { border-color: var(--mild); background: #fc02 } .sentence a.id { font-weight: 600 }\n"
    "img { max-width: 100%; background: #fff }\n"
    ".about-it { font-size: .85rem } .about-it ul { margin: .2rem 0 } nav ul { columns: 18rem; padding-left: 1.2rem }\n"
    ".cause { border-left: 3px solid var(--mild); padding-left: 1rem; font-weight: 600; white-space: pre-line }\n"
    "mark { background: #f003; color: inherit } [hidden] { display: none }\n"
    "@media (max-width: 30rem) { body { margin: 1rem auto; padding: 0 .6rem } dd { margin-left: .3rem } }\n"
    "@media print { form { display: none } body { max-width: none; margin: 0; font-size: 10pt }\n"
    "  pre { white-space: pre-wrap; overflow-wrap: anywhere } details > * { display: block }\n"
    "  article, tr { break-inside: avoid } h2, h3 { break-after: avoid } a { color: inherit } }\n"
    "</style>\n</head>\n<body>\n";

void check_page_begin(FILE *out, undr_slice title) {
    fputs(head, out);
    check_html_text(out, title);
    fputs(style, out);
}
