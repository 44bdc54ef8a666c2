/* SPDX-License-Identifier: MIT */
/* The look of html_report.c: light or dark as the reader's system is, tables that scroll by themselves in a narrow window, and paper. */
#ifndef V5LITE_HTML_STYLE_H
#define V5LITE_HTML_STYLE_H

static const char html_style[] =
    ":root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#5b6570;--line:#d5dae0;--head:#f2f4f7;--bar:#b9d3f3;"
    "--a:#3b78c2;--b:#e0903a;--c:#5aa25a;--d:#8d8d8d;--good:#1a7f37;--goodback:#e3f5e7;--bad:#b3261e;--badback:#fbe6e4}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#14171b;--text:#e4e8ec;--soft:#98a3ae;--line:#343b43;--head:#1f242a;"
    "--bar:#27496f;--a:#6ea8ec;--b:#e2a35c;--c:#77bd77;--d:#a5a5a5;--good:#6fd088;--goodback:#16301d;--bad:#ff8f86;"
    "--badback:#3c1916}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:1500px;padding:1.2rem;background:var(--back);color:var(--text);"
    "font:14px/1.45 system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif}\n"
    "h1{font-size:1.5rem;margin:0 0 .2rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:2rem 0 .5rem}\n"
    "p{margin:.3rem 0 .7rem;color:var(--soft);max-width:75rem}\n"
    ".scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.22rem .55rem;text-align:left;white-space:nowrap;border-bottom:1px solid var(--line)}\n"
    "thead th{background:var(--head);font-weight:600}tbody tr:last-child>*{border-bottom:0}\n"
    "td.n,th.n{text-align:right}tr.view td{color:var(--soft)}tfoot td{font-weight:600;border-top:2px solid var(--line)}\n"
    "code,.hash{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,monospace;font-size:.92em}\n"
    ".hash{white-space:normal;overflow-wrap:anywhere}\n"
    "td.bar{background:linear-gradient(90deg,var(--bar) var(--p),transparent var(--p));min-width:7rem;"
    "background-clip:content-box}\n"
    ".life{display:block;position:relative;width:9rem;height:.7rem;background:var(--head);border-radius:3px}\n"
    ".life i{position:absolute;top:0;bottom:0;background:var(--a);border-radius:3px;min-width:2px}\n"
    ".facts th{width:12rem;font-weight:500;color:var(--soft)}.facts td{white-space:normal;overflow-wrap:anywhere}\n"
    ".memory{display:flex;height:1.5rem;border-radius:6px;overflow:hidden;margin:.3rem 0 .6rem}.memory i{display:block}\n"
    ".key{display:inline-block;width:.8rem;height:.8rem;border-radius:3px;vertical-align:-.1rem;margin-right:.4rem}\n"
    ".verdict{margin:1rem 0;padding:.7rem 1rem;border-radius:6px;font-weight:600;overflow-wrap:anywhere;"
    "background:var(--goodback);color:var(--good);border:1px solid}\n"
    ".verdict.bad,.over{background:var(--badback);color:var(--bad)}\n"
    ".sign{display:flex;flex-wrap:wrap;gap:2.5rem;margin-top:2.5rem}\n"
    ".sign span{flex:1 1 12rem;border-top:1px solid var(--text);padding-top:.2rem;margin-top:2.5rem;color:var(--soft)}\n"
    "@media(max-width:700px){body{padding:.7rem;font-size:13px}.facts th{width:7.5rem}}\n"
    "@media print{@page{size:A4 landscape;margin:10mm}body{max-width:none;padding:0;font-size:8px}.scroll{overflow:visible;"
    "border:0}th,td{padding:.1rem .3rem}td.wide{white-space:normal}.life{width:6rem}*{-webkit-print-color-adjust:exact;"
    "print-color-adjust:exact}tr{break-inside:avoid}h2{break-after:avoid}}\n";

#endif
