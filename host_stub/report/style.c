/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The style sheet of the pages. Colours are variables, light first, then dark. Charts come in two
 * drawings, .wide and .narrow: text in a drawing that is merely shrunk cannot be read.
 */
#include "host_stub/report/page.h"

#define COLOURS_LIGHT                                                                              \
    "--bg:#f4f6f8;--card:#fff;--ink:#17212d;--soft:#56636f;--line:#d9dfe5;--grid:#e8ecf0;"         \
    "--accent:#1f5fbf;--good:#0a6e45;--goodbg:#e0f3e8;--bad:#b02318;--badbg:#fbe6e3;"              \
    "--band:#e9a23b;--q0:#bfe6cf;--q1:#dff2e4;--q2:#fbf0c9;--q3:#fbdcb5;--q4:#f6bfb6;"             \
    "--c0:#2563c9;--c1:#c9660a;--c2:#0f8a6d;--c3:#8a3fc4;--c4:#c22f6d;--c5:#5c7f0e;"               \
    "--c6:#0d83a8;--c7:#7b6a58;"

#define COLOURS_DARK                                                                               \
    "--bg:#0e1319;--card:#161d26;--ink:#e6ebf1;--soft:#9aa8b6;--line:#2b3643;--grid:#222c37;"      \
    "--accent:#7fb0ff;--good:#5fd39d;--goodbg:#12352a;--bad:#ff8f84;--badbg:#441d1b;"              \
    "--band:#c98a2b;--q0:#14543a;--q1:#1b4034;--q2:#4a431b;--q3:#5a3a17;--q4:#63251f;"             \
    "--c0:#6ea8ff;--c1:#ffa14a;--c2:#3fd0ab;--c3:#c795ff;--c4:#ff82b3;--c5:#b2d34f;"               \
    "--c6:#56c8ec;--c7:#c9b49c;"

const char *const HS_PAGE_STYLE[] = {
    ":root{color-scheme:light dark;" COLOURS_LIGHT "}\n"
    "@media (prefers-color-scheme:dark){:root{" COLOURS_DARK "}}\n",

    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%;text-size-adjust:100%}\n"
    "body{margin:0;background:var(--bg);color:var(--ink);line-height:1.5;font-size:16px;"
    "font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\","
    "sans-serif;font-variant-numeric:tabular-nums}\n"
    "main{max-width:1160px;margin:0 auto;padding:40px 32px 64px}\n"
    "header{margin-bottom:24px}\n"
    ".kind{margin:0;color:var(--accent);font-size:13px;font-weight:600;letter-spacing:.08em;"
    "text-transform:uppercase}\n"
    "h1{margin:2px 0 0;font-size:38px;line-height:1.2;letter-spacing:-.01em;"
    "overflow-wrap:anywhere}\n"
    ".lead{margin:4px 0 0;font-size:19px;color:var(--soft);overflow-wrap:anywhere}\n"
    ".facts{margin:12px 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:6px 22px;"
    "color:var(--soft);font-size:14px;overflow-wrap:anywhere}\n"
    ".facts b{color:var(--ink);font-weight:600}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:12px;"
    "padding:24px 28px 26px;margin-top:20px}\n"
    "h2{margin:0;font-size:21px;line-height:1.3}\n"
    "h3{margin:22px 0 2px;font-size:16px}\n"
    ".intro{margin:4px 0 16px;color:var(--soft);font-size:14.5px;max-width:80ch}\n"
    ".note{margin:10px 0 0;color:var(--soft);font-size:13.5px;max-width:86ch;"
    "overflow-wrap:anywhere}\n"
    ".verdict{margin:20px 0 0;font-size:18px;max-width:70ch;overflow-wrap:anywhere}\n"
    ".alarm{margin:20px 0 0;padding:12px 18px;border-radius:10px;background:var(--badbg);"
    "color:var(--bad);font-weight:600}\n",

    ".cards{display:grid;grid-template-columns:repeat(4,1fr);gap:16px;margin-top:20px}\n"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:12px;"
    "padding:16px 20px 14px;border-top:4px solid var(--line)}\n"
    ".card.good{border-top-color:var(--good)}\n"
    ".card.bad{border-top-color:var(--bad)}\n"
    ".card.bad b{color:var(--bad)}\n"
    ".value{margin:0;line-height:1.15}\n"
    ".value b{font-size:32px;letter-spacing:-.01em}\n"
    ".value span{color:var(--soft);font-size:14px}\n"
    ".meaning{margin:6px 0 0;color:var(--soft);font-size:13.5px;line-height:1.4}\n"
    "i.k{display:inline-block;width:.22em}\n"
    "i.dot{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:8px;"
    "vertical-align:baseline;background:var(--soft)}\n",

    "table{border-collapse:collapse;width:100%;font-size:14.5px}\n"
    "th,td{padding:8px 10px;text-align:right;border-bottom:1px solid var(--line);"
    "vertical-align:baseline}\n"
    "th{color:var(--soft);font-weight:600;font-size:13px;vertical-align:bottom;line-height:1.3}\n"
    "th:first-child,td:first-child,td.left,th.left{text-align:left}\n"
    "td.q .small{white-space:nowrap}\n"
    "td.q{line-height:1.35;border-bottom:2px solid var(--card)}\n"
    "tbody th{color:var(--ink);font-size:14.5px;overflow-wrap:break-word;"
    "vertical-align:baseline}\n"
    "tbody tr:last-child>*{border-bottom:0}\n"
    "td.strong{font-weight:650}\n"
    ".scroll{overflow-x:auto}\n"
    ".soft{color:var(--soft)}\n"
    ".small{font-size:12.5px}\n"
    "code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\","
    "monospace;font-size:13.5px}\n"
    "pre{margin:12px 0 0;padding:14px 16px;background:var(--bg);border:1px solid var(--line);"
    "border-radius:8px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    "ul.legend{margin:0 0 8px;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;"
    "font-size:14px}\n"
    "ul.legend li{overflow-wrap:anywhere}\n"
    "ol.events{margin:12px 0 0;padding:0;list-style:none;font-size:14.5px;display:grid;gap:6px}\n"
    "ol.events li{display:flex;gap:10px;align-items:baseline;overflow-wrap:anywhere}\n"
    "ol.events .n{flex:none;min-width:22px;height:22px;padding:0 5px;border-radius:11px;"
    "background:var(--band);color:#1c1406;font-size:12.5px;font-weight:700;text-align:center;"
    "line-height:22px}\n"
    "dl{margin:10px 0 0;font-size:14.5px}\n"
    "dt{font-weight:650;margin-top:10px}\n"
    "dd{margin:0;color:var(--soft);max-width:86ch}\n"
    "details{margin-top:14px}\n"
    "summary{cursor:pointer;font-weight:600;color:var(--accent);overflow-wrap:anywhere}\n",

    "svg{display:block;width:100%;height:auto;overflow:hidden}\n"
    "svg.narrow{display:none}\n"
    "svg.key{display:inline-block;width:26px;height:16px;vertical-align:-3px;margin-right:6px}\n"
    "svg text{font-family:inherit;font-size:12px;fill:var(--soft)}\n"
    "svg.narrow text{font-size:11.5px}\n"
    "svg text.b{font-size:11px;font-weight:700;fill:#1c1406;text-anchor:middle}\n"
    "svg text.ink{fill:var(--ink);font-weight:600}\n"
    "svg .e{text-anchor:end}\n"
    "svg .m{text-anchor:middle}\n"
    ".g{stroke:var(--grid);stroke-width:1;fill:none}\n"
    ".ax{stroke:var(--line);stroke-width:1;fill:none}\n"
    ".zero{stroke:var(--soft);stroke-width:1;fill:none}\n"
    ".ln{fill:none;stroke:var(--soft);stroke-width:1.6;stroke-linejoin:round;"
    "stroke-linecap:round}\n"
    ".tg{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-dasharray:5 4;opacity:.75}\n"
    ".ar{fill:var(--soft);opacity:.16;stroke:none}\n"
    ".bar{fill:var(--accent)}\n"
    ".ev{fill:var(--band);opacity:.2}\n"
    ".evl{stroke:var(--band);stroke-width:1.4;fill:none}\n"
    ".evb{fill:var(--band)}\n"
    ".luck{fill:var(--good);opacity:.13;stroke:none}\n"
    ".luckm{stroke:var(--good);stroke-width:3;fill:none}\n"
    ".granm{stroke:var(--c3);stroke-width:3;stroke-dasharray:3 2.5;fill:none}\n"
    ".mean{fill:var(--accent)}\n"
    ".worst{fill:var(--card);stroke:var(--accent);stroke-width:2}\n"
    ".span{stroke:var(--accent);stroke-width:3;opacity:.35;fill:none}\n"
    ".pt{opacity:.32}\n"
    ".big{stroke:var(--card);stroke-width:2}\n"
    ".lead-line{stroke:var(--soft);stroke-width:1;fill:none;opacity:.7}\n"
    ".gutter{fill:var(--grid);opacity:.6}\n",

    "i.c0{background:var(--c0)}i.c1{background:var(--c1)}i.c2{background:var(--c2)}"
    "i.c3{background:var(--c3)}i.c4{background:var(--c4)}i.c5{background:var(--c5)}"
    "i.c6{background:var(--c6)}i.c7{background:var(--c7)}\n"
    ".ln.c0{stroke:var(--c0)}.ln.c1{stroke:var(--c1)}.ln.c2{stroke:var(--c2)}"
    ".ln.c3{stroke:var(--c3)}.ln.c4{stroke:var(--c4)}.ln.c5{stroke:var(--c5)}"
    ".ln.c6{stroke:var(--c6)}.ln.c7{stroke:var(--c7)}\n"
    ".f.c0,.ar.c0{fill:var(--c0)}.f.c1,.ar.c1{fill:var(--c1)}.f.c2,.ar.c2{fill:var(--c2)}"
    ".f.c3,.ar.c3{fill:var(--c3)}.f.c4,.ar.c4{fill:var(--c4)}.f.c5,.ar.c5{fill:var(--c5)}"
    ".f.c6,.ar.c6{fill:var(--c6)}.f.c7,.ar.c7{fill:var(--c7)}\n"
    "td.q0{background:var(--q0)}td.q1{background:var(--q1)}td.q2{background:var(--q2)}"
    "td.q3{background:var(--q3)}td.q4{background:var(--q4)}\n"
    "span.q{display:inline-block;padding:1px 10px;border-radius:4px;color:var(--ink)}\n"
    "span.q0{background:var(--q0)}span.q1{background:var(--q1)}span.q2{background:var(--q2)}"
    "span.q3{background:var(--q3)}span.q4{background:var(--q4)}\n"
    ".minis{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:14px 24px;"
    "margin-top:8px}\n"
    ".minis h4{margin:0 0 2px;font-size:13.5px;font-weight:600;overflow-wrap:anywhere}\n",

    "@media (max-width:900px){.cards{grid-template-columns:repeat(2,1fr)}}\n"
    "@media (max-width:760px){\n"
    "main{padding:22px 12px 40px}h1{font-size:29px}.lead{font-size:16.5px}\n"
    "section{padding:18px 14px 18px}.cards{gap:10px}.card{padding:12px 12px 10px}\n"
    ".value b{font-size:25px}.verdict{font-size:16.5px}\n"
    "svg.wide{display:none}svg.narrow{display:block;max-width:600px;margin:0 auto}\n"
    ".minis{grid-template-columns:1fr}\n"
    "table.stack,table.stack tbody,table.stack tr,table.stack td,table.stack tbody th"
    "{display:block;width:100%}\n"
    "table.stack thead{display:none}\n"
    "table.stack tr{padding:10px 0;border-bottom:1px solid var(--line);display:grid;"
    "grid-template-columns:minmax(0,1fr) minmax(0,1fr);column-gap:10px}\n"
    "table.stack.one tr{grid-template-columns:minmax(0,1fr)}\n"
    "table.stack.one td::before{white-space:normal;overflow-wrap:anywhere}\n"
    "table.stack tbody th{grid-column:1/-1}\n"
    "table.stack tr:last-child{border-bottom:0}\n"
    "table.stack td{display:flex;justify-content:space-between;gap:8px;padding:3px 2px;"
    "border:0;text-align:right}\n"
    "table.stack tbody th{padding:3px 6px 5px;border:0;font-size:16px}\n"
    "table.stack td.q{border-radius:6px;margin:2px 0;padding:6px}\n"
    "table.stack td::before{content:attr(data-l);color:var(--soft);text-align:left;"
    "font-size:12.5px;font-weight:400;white-space:nowrap}\n"
    "}\n"
    "@media print{body{background:#fff}section,.card{break-inside:avoid}}\n",
    NULL,
};
