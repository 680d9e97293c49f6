/* SPDX-License-Identifier: MIT */
#include "cli/svg.h"

#include <stdio.h>
#include <string.h>

/* Colours that stay apart for most colour-blind readers. */
static const char *const light[SVG_HUES] = {"#2f6fb0", "#d9822b", "#3d8c40", "#a34f9e",
                                            "#c0392b", "#5b7083", "#97871b", "#1c8f96"};
static const char *const dark[SVG_HUES] = {"#6aa9e6", "#f0a35a", "#74c477", "#d38bcf",
                                           "#ef7b6e", "#a3b3c2", "#d6c558", "#5cc6cd"};

static void hues(struct text *out, const char *const hue[SVG_HUES])
{
    for (int i = 0; i < SVG_HUES; i++)
        text_printf(out, ".h%d{fill:%s}.s%d{stroke:%s}", i, hue[i], i, hue[i]);
}

static void style(struct text *out)
{
    text_printf(out, "<style>text{font-family:DejaVu Sans,Verdana,Helvetica,sans-serif;fill:#222}"
                     ".b{font-weight:bold}.d{fill:#666}.r{text-anchor:end}.m{text-anchor:middle}"
                     ".page{fill:#fdfcfa;stroke:#c9c4b8}.box{fill:#fff;stroke:#8a8a8a}"
                     ".g{stroke:#8884;fill:none}.e,.l{stroke:#666;fill:none}.l,.c{stroke-width:1.6}"
                     ".c{fill:none}.a{fill:#666}.soft{fill-opacity:.22}.back{fill:#8881}");
    hues(out, light);
    text_printf(out, "@media(prefers-color-scheme:dark){text{fill:#e6e6e6}.d{fill:#a8a8a8}"
                     ".page{fill:#17191c;stroke:#444}.box{fill:#22262b;stroke:#777}"
                     ".e,.l{stroke:#a8a8a8}.a{fill:#a8a8a8}");
    hues(out, dark);
    text_printf(out, "}</style>\n");
}

void svg_open(struct text *out, double width, double height, const char *title)
{
    text_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                "width=\"%.0f\" height=\"%.0f\" role=\"img\">\n<title>",
                width, height, width, height);
    text_xml(out, title);
    text_printf(out, "</title>\n");
    style(out);
    text_printf(out, "<defs><marker id=\"a\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
                     "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
                     "<path class=\"a\" d=\"M0 0L10 5L0 10z\"/></marker></defs>\n");
    svg_rect(out, 0.5, 0.5, width - 1, height - 1, 8, "page");
}

void svg_close(struct text *out)
{
    text_printf(out, "</svg>\n");
}

void svg_text(struct text *out, double x, double y, double size, const char *class,
              const char *text)
{
    text_printf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\"", x, y, size);
    if (*class)
        text_printf(out, " class=\"%s\"", class);
    text_printf(out, ">");
    text_xml(out, text);
    text_printf(out, "</text>\n");
}

void svg_rect(struct text *out, double x, double y, double w, double h, double round,
              const char *class)
{
    text_printf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", x, y, w, h);
    if (round > 0)
        text_printf(out, " rx=\"%g\"", round);
    text_printf(out, " class=\"%s\"/>\n", class);
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

double svg_width(const char *text, double size)
{
    double n = 0;
    for (const char *s = text; *s; s++)
        if (begins_character(*s))
            n += strchr("iljtf.,:;|' ", *s) ? 0.37 : strchr("mwMW%", *s) ? 0.95 : 0.62;
    return n * size;
}

const char *svg_fit(const char *text, double width, double font, char *buf, size_t size)
{
    size_t n = strlen(text), keep = n;
    if (svg_width(text, font) <= width && n < size)
        return text;
    do {
        size_t head = keep / 2, tail = n - (keep - head);
        while (head > 0 && !begins_character(text[head]))
            head--;
        while (tail < n && !begins_character(text[tail]))
            tail++;
        snprintf(buf, size, "%.*s\xe2\x80\xa6%s", (int)head, text, text + tail);
    } while (keep-- && (svg_width(buf, font) > width || keep + 5 > size));
    return buf;
}

void html_open(struct text *out, const char *title)
{
    text_printf(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    text_xml(out, title);
    text_printf(out, "</title>\n<style>body{font-family:DejaVu Sans,Verdana,Helvetica,sans-serif;"
                     "margin:1.5em auto;max-width:1100px;padding:0 1em}svg{max-width:100%%;"
                     "height:auto}table{border-collapse:collapse;font-size:13px}td,th{padding:"
                     "2px 8px;border-bottom:1px solid #8885;text-align:right}td:first-child,"
                     "th:first-child{text-align:left}</style></head>\n<body>\n<h1>");
    text_xml(out, title);
    text_printf(out, "</h1>\n");
}

void html_close(struct text *out)
{
    text_printf(out, "</body></html>\n");
}
