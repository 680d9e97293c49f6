/* SPDX-License-Identifier: MIT */
#include "cli/bench_html.h"
#include "graph/conv_spec.h"

#include <stdio.h>
#include <string.h>

double bench_seconds(const struct bench *b)
{
    double sum = 0;
    for (int i = 0; i < b->network->plan->part_count; i++)
        sum += b->profile->run[i].min;
    return sum;
}

static double median_seconds(const struct bench *b)
{
    double sum = 0;
    for (int i = 0; i < b->network->plan->part_count; i++)
        sum += b->profile->run[i].median;
    return sum;
}

double bench_roof_share(const struct bench *b, const struct step_profile *s)
{
    return roof_seconds(b->roof, s->step->flops, s->step->bytes) / s->seconds.min;
}

static double steps_seconds(const struct bench *b)
{
    double sum = 0;
    for (int i = 0; i < b->profile->count; i++)
        sum += b->profile->steps[i].seconds.min;
    return sum;
}

/* Frames that one run reads: of the clip whose windows are longest. */
static int frames_of(const struct bench *b)
{
    int most = 0;
    for (int i = 0; i < b->network->graph->clip_count; i++)
        if (b->network->graph->clips[i].frames > most)
            most = b->network->graph->clips[i].frames;
    return most * b->batch;
}

static const char *node_name(const struct bench *b, const struct step_profile *s)
{
    return b->network->graph->nodes[s->step->node].name;
}

static const char *spec_of(const struct bench *b, const struct step_profile *s,
                           char buf[CONV_SPEC_SIZE])
{
    const struct graph *g = b->network->graph;
    buf[0] = 0;
    conv_spec(g, &g->nodes[s->step->node], b->batch, buf, CONV_SPEC_SIZE);
    return buf;
}

/* ---- for people ---- */

static void print_steps(const struct bench *b, bool md, struct text *out)
{
    const struct profile *p = b->profile;
    const char *bar = md ? " | " : "  ";
    double all = steps_seconds(b);
    char spec[CONV_SPEC_SIZE];
    if (md)
        text_printf(
            out, "\n| step | node | kernel | ms min | median | p95 | GFLOP/s | GB/s | %% of roof "
                 "| %% of time | algorithm | repeat alone |\n"
                 "|--:|---|---|--:|--:|--:|--:|--:|--:|--:|---|---|\n");
    else
        text_printf(out, "%4s  %-32s  %-16s  %9s  %9s  %9s  %8s  %7s  %6s  %6s  %s\n", "step",
                    "node", "kernel", "ms min", "median", "p95", "GFLOP/s", "GB/s", "% roof",
                    "% time", "algorithm, --conv to repeat it alone");
    for (int i = 0; i < p->count; i++) {
        const struct step_profile *s = &p->steps[i];
        double t = s->seconds.min;
        text_printf(
            out, "%s%4d%s%-32s%s%-16s%s%9.3f%s%9.3f%s%9.3f%s%8.1f%s%7.1f%s%6.0f%s%6.1f%s%s%s%s%s\n",
            md ? "| " : "", i, bar, node_name(b, s), bar,
            s->step->kind == STEP_GEMM ? "clblast" : s->step->kernel, bar, t * 1e3, bar,
            s->seconds.median * 1e3, bar, s->seconds.p95 * 1e3, bar, s->step->flops / t / 1e9, bar,
            s->step->bytes / t / 1e9, bar, 100 * bench_roof_share(b, s), bar, 100 * t / all, bar,
            s->step->algorithm, bar, spec_of(b, s, spec), md ? " |" : "");
    }
}

static void print_total(const struct bench *b, bool md, struct text *out)
{
    const struct caps *caps = &b->network->plan->caps;
    const struct roof *r = b->roof;
    double t = bench_seconds(b), flops = 0;
    for (int i = 0; i < b->profile->count; i++)
        flops += b->profile->steps[i].step->flops;
    text_printf(out,
                "%s%s on %s (%s), batch %d%s, best of %d: %.3f ms, %.2f windows/s, %.1f frames/s, "
                "%.1f GFLOP/s; steps alone %.3f ms (%s)\n",
                md ? "\n" : "", b->model, caps->name, caps->driver, b->batch,
                b->network->plan->half ? ", half storage" : "", b->profile->repeats,
                t * 1e3, b->batch / t, frames_of(b) / t, flops / t / 1e9, steps_seconds(b) * 1e3,
                b->profile->by_events ? "device clock" : "wall clock");
    text_printf(out,
                "%sroof measured now: %.0f GFLOP/s; copying %.0f MB %.1f GB/s, %.0f MB %.1f GB/s, "
                "%.0f MB %.1f GB/s\n",
                md ? "\n" : "", r->flops / 1e9, r->set[1] / 1e6, r->bandwidth[1] / 1e9,
                r->set[2] / 1e6, r->bandwidth[2] / 1e9, r->set[3] / 1e6, r->bandwidth[3] / 1e9);
}

/* ---- for programs ---- */

/* What every row names: the device and the program. */
static void json_where(const struct bench *b, struct text *out)
{
    const struct caps *caps = &b->network->plan->caps;
    text_printf(out, "\"schema\":1,\"model\":");
    text_json(out, b->model);
    text_printf(out, ",\"device\":");
    text_json(out, caps->name);
    text_printf(out, ",\"driver\":");
    text_json(out, caps->driver);
    text_printf(out, ",\"platform\":");
    text_json(out, caps->platform);
    text_printf(out,
                ",\"version\":\"" CLACT_VERSION "\",\"commit\":\"" CLACT_COMMIT "\",\"batch\":%d,"
                "\"fp16\":%s",
                b->batch, b->network->plan->half ? "true" : "false");
}

static void json_stats(const struct stats *s, struct text *out)
{
    text_printf(out, "\"ms\":%.6f,\"ms_median\":%.6f,\"ms_p95\":%.6f", s->min * 1e3,
                s->median * 1e3, s->p95 * 1e3);
}

static void json_step(const struct bench *b, int i, struct text *out)
{
    const struct step_profile *s = &b->profile->steps[i];
    char spec[CONV_SPEC_SIZE];
    text_printf(out, "\"step\":%d,\"node\":", i);
    text_json(out, node_name(b, s));
    text_printf(out, ",\"kernel\":\"%s\",\"algorithm\":",
                s->step->kind == STEP_GEMM ? "clblast" : s->step->kernel);
    text_json(out, s->step->algorithm);
    text_printf(out, ",");
    json_stats(&s->seconds, out);
    text_printf(out, ",\"gflops\":%.3f,\"gbs\":%.3f,\"roof\":%.4f,\"share\":%.5f,\"conv\":\"%s\"",
                s->step->flops / s->seconds.min / 1e9, s->step->bytes / s->seconds.min / 1e9,
                bench_roof_share(b, s), s->seconds.min / steps_seconds(b), spec_of(b, s, spec));
}

static void json_total(const struct bench *b, struct text *out)
{
    double t = bench_seconds(b);
    text_printf(
        out,
        ",\"repeats\":%d,\"ms\":%.6f,\"ms_median\":%.6f,\"windows_per_second\":%.4f,"
        "\"frames_per_second\":%.3f,\"steps_ms\":%.6f,\"clock\":\"%s\",\"roof_gflops\":%.2f,"
        "\"roof_gbs\":[",
        b->profile->repeats, t * 1e3, median_seconds(b) * 1e3, b->batch / t, frames_of(b) / t,
        steps_seconds(b) * 1e3, b->profile->by_events ? "device" : "wall", b->roof->flops / 1e9);
    for (int i = 0; i < ROOF_SIZES; i++)
        text_printf(out, "%s%.2f", i ? "," : "", b->roof->bandwidth[i] / 1e9);
    text_printf(out, "]");
}

static void print_json(const struct bench *b, bool steps, struct text *out)
{
    text_printf(out, "{");
    json_where(b, out);
    json_total(b, out);
    text_printf(out, ",\"steps\":[");
    for (int i = 0; steps && i < b->profile->count; i++) {
        text_printf(out, "%s{", i ? "," : "");
        json_step(b, i, out);
        text_printf(out, "}");
    }
    text_printf(out, "]}\n");
}

static void print_jsonl(const struct bench *b, bool steps, struct text *out)
{
    for (int i = 0; steps && i < b->profile->count; i++) {
        text_printf(out, "{");
        json_where(b, out);
        text_printf(out, ",");
        json_step(b, i, out);
        text_printf(out, "}\n");
    }
    text_printf(out, "{");
    json_where(b, out);
    json_total(b, out);
    text_printf(out, "}\n");
}

/* A field with quotes; quotes inside are doubled. */
static void csv_text(const char *s, struct text *out)
{
    text_printf(out, "\"");
    for (; *s; s++)
        text_printf(out, *s == '"' ? "\"\"" : "%c", *s);
    text_printf(out, "\",");
}

static void csv_where(const struct bench *b, struct text *out)
{
    csv_text(b->model, out);
    csv_text(b->network->plan->caps.name, out);
    csv_text(b->network->plan->caps.driver, out);
    text_printf(out, CLACT_VERSION "," CLACT_COMMIT ",%d,%d,", b->batch,
                b->network->plan->half);
}

static void print_csv(const struct bench *b, bool steps, bool first, struct text *out)
{
    if (first)
        text_printf(out, "model,device,driver,version,commit,batch,fp16,node,kernel,algorithm,conv,"
                         "ms,ms_median,ms_p95,gflops,gbs,roof,share\n");
    for (int i = 0; steps && i < b->profile->count; i++) {
        const struct step_profile *s = &b->profile->steps[i];
        char spec[CONV_SPEC_SIZE];
        csv_where(b, out);
        csv_text(node_name(b, s), out);
        csv_text(s->step->kind == STEP_GEMM ? "clblast" : s->step->kernel, out);
        csv_text(s->step->algorithm, out);
        csv_text(spec_of(b, s, spec), out);
        text_printf(out, "%.6f,%.6f,%.6f,%.3f,%.3f,%.4f,%.5f\n", s->seconds.min * 1e3,
                    s->seconds.median * 1e3, s->seconds.p95 * 1e3,
                    s->step->flops / s->seconds.min / 1e9, s->step->bytes / s->seconds.min / 1e9,
                    bench_roof_share(b, s), s->seconds.min / steps_seconds(b));
    }
    csv_where(b, out);
    text_printf(out, "\"total\",\"\",\"\",\"\",%.6f,,,,,,1\n", bench_seconds(b) * 1e3);
}

void bench_print(const struct bench *b, enum bench_format format, bool steps, bool first,
                 struct text *out)
{
    switch (format) {
    case BENCH_TABLE:
    case BENCH_MD:
        if (steps)
            print_steps(b, format == BENCH_MD, out);
        print_total(b, format == BENCH_MD, out);
        break;
    case BENCH_CSV:
        print_csv(b, steps, first, out);
        break;
    case BENCH_JSON:
        print_json(b, steps, out);
        break;
    case BENCH_JSONL:
        print_jsonl(b, steps, out);
        break;
    case BENCH_HTML:
        bench_html(b, out);
        break;
    }
}

void bench_trace(const struct bench *b, struct text *out)
{
    text_printf(out, "{\"traceEvents\":[");
    for (int i = 0; i < b->profile->count; i++) {
        const struct step_profile *s = &b->profile->steps[i];
        text_printf(
            out, "%s\n{\"ph\":\"X\",\"pid\":1,\"tid\":%d,\"ts\":%.3f,\"dur\":%.3f,\"name\":",
            i ? "," : "", s->part + 1, s->last.start * 1e6, (s->last.end - s->last.start) * 1e6);
        text_json(out, node_name(b, s));
        text_printf(out, ",\"args\":{\"algorithm\":");
        text_json(out, s->step->algorithm);
        text_printf(out, "}}");
    }
    text_printf(out, "\n]}\n");
}
