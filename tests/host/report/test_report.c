/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The pages, as far as they can be judged without eyes: what is in them, what must never be, and
 * that the labels of the plane do not lie on each other. */
#include <math.h>
#include <unistd.h>

#include "host_stub/report/plot.h"
#include "host_stub/report/report.h"
#include "host_stub/report/split.h"
#include "tests/host/sim/test_run.h"

static char *slurp(const char *path)
{
    FILE *const in = fopen(path, "r");
    cr_assert_not_null(in);
    char *const text = calloc(1, 16u << 20);
    cr_assert_not_null(text);
    cr_assert_lt(fread(text, 1, (16u << 20) - 1, in), (16u << 20) - 1);
    fclose(in);
    return text;
}

static void new_path(char *path, size_t size)
{
    snprintf(path, size, "/tmp/test_report.XXXXXX");
    const int file = mkstemp(path);
    cr_assert_geq(file, 0);
    close(file);
}

/* Nothing from the network, no script, no number that is none. */
static void assert_harmless(const char *page)
{
    static const char *const NEVER[] = {"http:",   "https:", "src=", "<script", "url(", "@import",
                                        "onclick", ">nan",   ">inf", "-nan",    "\"nan"};
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        cr_assert_null(strstr(page, NEVER[i]), "the page has %s", NEVER[i]);
    }
    cr_assert_not_null(strstr(page, "</html>"));
}

static size_t count_of(const char *page, const char *what)
{
    size_t n = 0;
    for (const char *s = strstr(page, what); s != NULL; s = strstr(s + 1, what)) {
        n++;
    }
    return n;
}

TestSuite(report);

Test(report, steps_of_axes)
{
    cr_assert_float_eq(hs_plot_step(100.0, 5), 20.0, 1e-9);
    cr_assert_float_eq(hs_plot_step(100.0, 10), 10.0, 1e-9);
    cr_assert_float_eq(hs_plot_step(0.9, 4), 0.5, 1e-9);
    cr_assert_float_eq(hs_plot_step(3e-4, 3), 1e-4, 1e-9);
    cr_assert_eq(hs_plot_decimals(20.0), 0);
    cr_assert_eq(hs_plot_decimals(0.5), 1);
    cr_assert_eq(hs_plot_decimals(0.02), 2);
    for (double span = 1e-4; span < 1e6; span *= 1.37) {
        for (unsigned most = 1; most < 12; most++) {
            const double parts = span / hs_plot_step(span, most);
            cr_assert(parts <= most + 1e-6 && parts > most / 2.6, "%u: %f", most, parts);
        }
    }
}

Test(report, scales_stay_inside)
{
    hs_html out = {0};
    hs_plot plot = hs_plot_begin(&out, HS_PLOT_WIDE, 100.0, "a <b>");
    plot.x0 = 0.01;
    plot.x1 = 100.0;
    plot.log_x = 1;
    plot.y0 = -1.0;
    plot.y1 = 1.0;
    cr_assert_float_eq(hs_plot_x(&plot, 1.0), (plot.left + plot.right) / 2.0, 1e-9);
    cr_assert_float_eq(hs_plot_x(&plot, 0.0), plot.left, 1e-9);
    cr_assert_float_eq(hs_plot_x(&plot, -5.0), plot.left, 1e-9);
    cr_assert_float_eq(hs_plot_x(&plot, INFINITY), plot.right, 1e-9);
    cr_assert_float_eq(hs_plot_y(&plot, 0.0), (plot.top + plot.bottom) / 2.0, 1e-9);
    cr_assert_float_eq(hs_plot_y(&plot, 7.0), plot.top, 1e-9);
    cr_assert_float_eq(hs_plot_y(&plot, NAN), plot.bottom, 1e-9);
    cr_assert_not_null(strstr(out.data, "aria-label=\"a &lt;b&gt;\""));
    hs_html_free(&out);
}

Test(report, gaps_are_left_open)
{
    static const double VALUES[] = {1.0, NAN, 2.0, 2.0, 3.0};
    hs_html out = {0};
    hs_plot plot = hs_plot_begin(&out, HS_PLOT_WIDE, 100.0, "");
    plot.x1 = 5.0;
    plot.y1 = 3.0;
    hs_plot_steps(&plot, VALUES, 5, 1, 1.0, "ln");
    cr_assert_eq(count_of(out.data, "M"), 2);
    cr_assert_eq(count_of(out.data, "H"), 4);
    cr_assert_eq(count_of(out.data, "V"), 1);
    hs_html_free(&out);
    plot.out = &out;
    hs_plot_line(&plot, VALUES, 5, 1, 0.0, 1.0, "ln", NULL);
    cr_assert_eq(count_of(out.data, "<path"), 2);
    cr_assert_eq(count_of(out.data, "L"), 2);
    hs_html_free(&out);
}

static const char EVENTS[] = "[scenario]\nhours = 3\n[farm]\ncount = 20\nmix = 100:1\n"
                             "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"
                             "[event.flap]\nat = 1h\nkind = down\npools = a\nfor = 2min\n"
                             "every = 4min\nuntil = 70min\n"
                             "[event.change]\nat = 1h 150min\nkind = targets\n"
                             "targets = a:30 b:70\n"
                             "[event.slow]\nat = 170min\nkind = derate\nminers_pct = 12.5\n"
                             "pct = 50\nfor = 1h\n"
                             "[event.late]\nat = 5h\nkind = return\n";

Test(report, marks_and_sentences_of_events)
{
    hs_scenario scenario;
    hs_plot_mark marks[HS_REPORT_MARKS_MAX];
    char why[500] = "";
    hs_html out = {0};
    cr_assert_eq(hs_scenario_parse(&scenario, "text.ini", EVENTS, why, sizeof why), 0, "%s", why);
    /* 60, 64, 68 min; 60 and 150 min; 170 min to the end of the run; the last never comes. */
    cr_assert_eq(hs_report_marks(&scenario, 3 * 3600, marks), 6);
    static const hs_plot_mark WANTED[] = {{3600, 3720, 1}, {3600, 3600, 2}, {3840, 3960, 1},
                                          {4080, 4200, 1}, {9000, 9000, 2}, {10200, 10800, 3}};
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(marks[i].from, WANTED[i].from, "%zu", i);
        cr_assert_eq(marks[i].to, WANTED[i].to, "%zu", i);
        cr_assert_eq(marks[i].number, WANTED[i].number, "%zu", i);
    }
    hs_report_events(&out, &scenario, 3 * 3600, NULL, NULL);
    cr_assert_eq(count_of(out.data, "<li>"), 3);
    cr_assert_not_null(strstr(out.data, "pool a down, for 2&#160;min, again every 4&#160;min"));
    cr_assert_not_null(strstr(out.data, "new targets: a 30&#160;%, b 70&#160;%"));
    cr_assert_not_null(strstr(out.data, "12.5&#160;% of the miners drop to 50&#160;% of their"));
    hs_html_free(&out);
    hs_scenario_free(&scenario);
}

/* ---- a run's page ---- */

static hs_report_watch watch;

static void on_minute(void *ctx, uint64_t second, uint64_t seconds)
{
    (void)ctx;
    (void)seconds;
    hs_report_watch_minute(&watch, second);
}

static void on_share(void *ctx, uint64_t second, uint64_t miner, uint32_t count, double difficulty,
                     uint32_t pool)
{
    (void)ctx;
    (void)miner;
    (void)pool;
    hs_report_watch_share(&watch, second, count, difficulty);
}

static const char HOSTILE[] =
    "[scenario]\ntitle = </style><script a=b> & \"x\" 'y'\nhours = 3\nwarmup = 10min\n"
    "[farm]\ncount = 30\nmix = 100:1 37:1\n"
    "[pool.a]\ntarget = 60\n[pool.b]\ntarget = 40\n"
    "[event.out]\nat = 2h\nkind = down\npools = a\nfor = 5min\n"
    "[event.new]\nat = 150min\nkind = reconfigure\ncontroller.kp = <b>0.4</b>\n";

static char *hostile_page(const hs_report_watch *known, hs_sim_result *result)
{
    static char *const WORDS[] = {"simulate", "--scenario", "it's <a> & b", "--seed", "5"};
    hs_scenario scenario;
    char path[64];
    char why[1000] = "";
    cr_assert_eq(hs_scenario_parse(&scenario, "text.ini", HOSTILE, why, sizeof why), 0, "%s", why);
    if (known != NULL) {
        cr_assert_eq(hs_report_watch_end(&watch, &scenario), 0);
    }
    new_path(path, sizeof path);
    const hs_report_run run = {
        .scenario = &scenario, .result = result, .watch = known, .argc = 5, .argv = WORDS};
    cr_assert_eq(hs_report_simulate(&run, path, why, sizeof why), 0, "%s", why);
    char *const page = slurp(path);
    unlink(path);
    hs_scenario_free(&scenario);
    return page;
}

Test(report, a_run)
{
    static hs_sim_result result;
    char number[64];
    hs_sim_options options = {.seed = 5, .progress = on_minute, .share = on_share};
    hs_report_watch_begin(&watch, &result, 5);
    run_with(HOSTILE, HASHMUX, &options, &result);
    char *page = hostile_page(&watch, &result);
    assert_harmless(page);
    cr_assert_eq(count_of(page, "</style>"), 1);
    cr_assert_not_null(
        strstr(page, "&lt;/style&gt;&lt;script a=b&gt; &amp; &quot;x&quot; &#39;y&#39;</p>"));
    cr_assert_not_null(strstr(page, "controller.kp = &lt;b&gt;0.4&lt;/b&gt;"));
    cr_assert_not_null(strstr(page, "host_stub simulate --scenario &#39;it&#39;\\&#39;&#39;s "
                                    "&lt;a&gt; &amp; b&#39; --seed 5"));
    cr_assert_not_null(strstr(page, "luck floor"));
    snprintf(number, sizeof number, "<b>%llu</b> moves", (unsigned long long)result.moves);
    cr_assert_not_null(strstr(page, number));
    /* The whole course of the moves was taken down, and the floor is no zero. */
    cr_assert_geq(watch.minutes, 179);
    cr_assert_leq(watch.moves_until[watch.minutes - 1], result.moves);
    cr_assert_gt(watch.moves_until[125], watch.moves_until[118]); /* the pool's miners left it */
    cr_assert_gt(watch.luck_floor[0], 0.1);
    cr_assert(isnan(watch.luck_floor[3])); /* no window of 24 h in 3 h */
    cr_assert_leq(hs_report_watch_converge(&watch, 7200), 10.0);
    free(page);
    page = hostile_page(NULL, &result);
    cr_assert_null(strstr(page, "luck floor"));
    cr_assert_null(strstr(page, "Moves over time"));
    free(page);
    hs_report_watch_free(&watch);
    hs_sim_result_free(&result);
}

Test(report, the_shortest_run_has_a_page)
{
    static hs_sim_result result;
    hs_sim_options options = {.seed = 1, .seconds = 30};
    run_with(HOSTILE, HASHMUX, &options, &result);
    char *const page = hostile_page(NULL, &result);
    cr_assert_not_null(strstr(page, "the run is too short"));
    free(page);
    hs_sim_result_free(&result);
}

/* ---- the benchmark's page ---- */

enum { SCENARIOS = 3, POLICIES = 8, SEEDS = 2 };

static void fill_run(hs_bench_run *run, uint32_t s, uint32_t p, uint32_t k)
{
    run->scenario_index = s;
    run->policy_index = p;
    run->seed = k + 1;
    run->seconds = 7200;
    run->pool_count = 2;
    snprintf(run->pools[0].id, sizeof run->pools[0].id, "a");
    snprintf(run->pools[1].id, sizeof run->pools[1].id, "b");
    run->event_count = 2;
    snprintf(run->events[0].name, sizeof run->events[0].name, "start");
    snprintf(run->events[1].name, sizeof run->events[1].name, "boom");
    run->events[1].kind = HS_EVENT_DOWN;
    run->events[1].begins = 1;
    run->events[1].second = 3600;
    run->events[1].converge_min = p == 7 && k == 1 ? NAN : 4.25;
    for (int w = 0; w < HS_WINDOWS; w++) {
        run->luck_floor[w] = w < 2 ? 0.25 : NAN;
        run->error_mean[w] = w < 2 ? 0.2 + 0.01 * p : NAN;
        run->error_max[w] = run->error_mean[w];
    }
    run->granularity_floor = 0.0;
    run->moves_per_channel_day = p == 7 ? 0.0 : 0.30 + 0.01 * p;
    if (k == 0) {
        run->series.points = 12;
        run->series.pool_count = 2;
        run->series.delivered_pct = calloc(24, sizeof(double));
        run->series.effective_pct = calloc(24, sizeof(double));
        run->series.moves = calloc(12, sizeof(double));
        run->series.delivered_pct[3] = NAN;
    }
    if (s == 2 && p == 1) {
        run->failed = 1;
        snprintf(run->why, sizeof run->why, "the plugin <fell> over");
    }
}

static void fill_table(hs_bench_table *t)
{
    memset(t, 0, sizeof *t);
    t->scenario_count = SCENARIOS;
    t->policy_count = POLICIES;
    t->seed_count = SEEDS;
    t->run_count = SCENARIOS * POLICIES * SEEDS;
    t->scenarios = calloc(SCENARIOS, sizeof *t->scenarios);
    t->titles = calloc(SCENARIOS, sizeof *t->titles);
    t->policies = calloc(POLICIES, sizeof *t->policies);
    t->seeds = calloc(SEEDS, sizeof *t->seeds);
    t->runs = calloc(t->run_count, sizeof *t->runs);
    t->cells = calloc(SCENARIOS * POLICIES, sizeof *t->cells);
    for (uint32_t s = 0; s < SCENARIOS; s++) {
        snprintf(t->scenarios[s], sizeof t->scenarios[s], "farm%u", s);
        snprintf(t->titles[s], sizeof t->titles[s], "<i>title</i>");
    }
    for (uint32_t p = 0; p < POLICIES; p++) {
        snprintf(t->policies[p].label, sizeof t->policies[p].label, "rule<%u>", p);
        snprintf(t->policies[p].path, sizeof t->policies[p].path, "/lib/p&%u.so", p);
    }
    for (uint32_t i = 0; i < t->run_count; i++) {
        fill_run(&t->runs[i], i / (POLICIES * SEEDS), i / SEEDS % POLICIES, i % SEEDS);
    }
    t->seeds[0] = 1;
    t->seeds[1] = 2;
    hs_bench_summarise(t);
}

struct label {
    double x, y;
};

/* A number as the page has it, with a point whatever the locale (so neither sscanf nor strtod). */
static double number_at(const char *s)
{
    const double sign = *s == '-' ? -1.0 : 1.0;
    double value = 0.0;
    double scale = 1.0;
    s += *s == '-';
    cr_assert(*s >= '0' && *s <= '9');
    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10.0 + (*s - '0');
    }
    for (s += *s == '.'; *s >= '0' && *s <= '9'; s++) {
        scale /= 10.0;
        value += (*s - '0') * scale;
    }
    return sign * value;
}

/* The labels of the plane in the part of the page from `from` to `to`, set in the middle of x. */
static size_t plane_labels(const char *from, const char *to, struct label *labels, size_t most)
{
    size_t n = 0;
    for (const char *s = strstr(from, "class=\"m ink\" x=\""); s != NULL && s < to && n < most;
         s = strstr(s + 1, "class=\"m ink\" x=\"")) {
        const char *const y = strstr(s, "\" y=\"");
        cr_assert(y != NULL && y < strchr(s, '>'));
        labels[n].x = number_at(s + strlen("class=\"m ink\" x=\""));
        labels[n].y = number_at(y + strlen("\" y=\""));
        n++;
    }
    return n;
}

Test(report, a_benchmark)
{
    hs_bench_table table;
    char path[64];
    char why[1000] = "";
    struct label labels[64];
    fill_table(&table);
    new_path(path, sizeof path);
    cr_assert_eq(hs_report_bench(&table, path, why, sizeof why), 0, "%s", why);
    char *const page = slurp(path);
    unlink(path);
    assert_harmless(page);
    cr_assert_null(strstr(page, "rule<"));
    cr_assert_null(strstr(page, "<i>title"));
    cr_assert_not_null(strstr(page, "/lib/p&amp;3.so"));
    cr_assert_not_null(strstr(page, "the plugin &lt;fell&gt; over"));
    cr_assert_not_null(strstr(page, "<span>failed</span>"));
    cr_assert_not_null(strstr(page, ">never</td>"));
    cr_assert_not_null(strstr(page, ">4.3</td>"));                               /* 4.25 min */
    cr_assert_not_null(strstr(page, "class=\"q q0\" data-l=\"rule&lt;0&gt;\"")); /* 0.80 x luck */
    cr_assert_not_null(strstr(page, "class=\"q q1\" data-l=\"rule&lt;6&gt;\"")); /* 1.04 x luck */

    /* Eight policies almost on one point: in each of the two drawings no label on another. */
    const char *const wide = strstr(page, "aria-label=\"Error over one hour");
    const char *const narrow = strstr(wide + 1, "aria-label=\"Error over one hour");
    cr_assert_not_null(narrow);
    for (int drawing = 0; drawing < 2; drawing++) {
        const size_t n = plane_labels(drawing == 0 ? wide : narrow,
                                      drawing == 0 ? narrow : strstr(narrow, "</svg>"), labels, 64);
        cr_assert_geq(n, 6);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < i; k++) {
                cr_assert(fabs(labels[i].x - labels[k].x) > 60.0 ||
                              fabs(labels[i].y - labels[k].y) > 12.0,
                          "labels %zu and %zu of drawing %d", i, k, drawing);
            }
        }
    }
    free(page);
    hs_bench_table_free(&table);
}
