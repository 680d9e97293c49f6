/* SPDX-License-Identifier: MIT */
/* Pickles as data: every operation, what is refused, and limits. */
#include "io/pickle.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct error err;

static struct pickle *parse(const char *data, size_t n)
{
    err = (struct error){0};
    return pickle_parse(data, n, ERROR_MODEL, &err);
}

/* Without the literal's own zero. */
#define PARSE(literal) parse(literal, sizeof literal - 1)

static const struct {
    const char *data;
    const char *message;
} refused[] = {
    /* called, in every way that there is */
    {"cos\nsystem\n(S'x'\ntR.", "calls os.system: refused"},
    {"cposix\nsystem\n(S'x'\ntR.", "calls posix.system"},
    {"cnt\nsystem\n(S'x'\ntR.", "calls nt.system"},
    {"(S'x'\nios\nsystem\n.", "calls os.system"},
    {"(cos\nsystem\nS'x'\no.", "calls os.system"},
    {"cos\nsystem\n(S'x'\nt\x81.", "calls os.system"},
    {"cos\nsystem\n(S'x'\nt}\x92.", "calls os.system"},
    {"Vos\nVsystem\n\x93(S'x'\ntR.", "calls os.system"},
    {"cos\nsystem\np0\n0g0\n(S'x'\ntR.", "calls os.system"},
    {"(dVa\ncos\nsystem\n(S'x'\ntRs.", "calls os.system"},
    {"c__builtin__\neval\n(S'x'\ntR.", "calls __builtin__.eval"},
    {"cbuiltins\nexec\n(S'x'\ntR.", "calls builtins.exec"},
    {"cbuiltins\ngetattr\n(S'x'\ntR.", "calls builtins.getattr"},
    {"cbuiltins\n__import__\n(S'x'\ntR.", "calls builtins.__import__"},
    {"cbuiltins\nopen\n(S'x'\ntR.", "calls builtins.open"},
    {"csubprocess\nPopen\n(S'x'\ntR.", "calls subprocess.Popen"},
    {"csys\nexit\n)R.", "calls sys.exit"},
    {"cshutil\nrmtree\n)R.", "calls shutil.rmtree"},
    {"csocket\nsocket\n)R.", "calls socket.socket"},
    {"cpty\nspawn\n)R.", "calls pty.spawn"},
    {"crunpy\nrun_path\n)R.", "calls runpy.run_path"},
    {"cimportlib\nimport_module\n)R.", "calls importlib.import_module"},
    {"cwebbrowser\nopen\n)R.", "calls webbrowser.open"},
    {"cctypes\nCDLL\n)R.", "calls ctypes.CDLL"},
    {"cpickle\nloads\n)R.", "calls pickle.loads"},
    {"ccode\nInteractiveInterpreter\n)R.", "calls code.InteractiveInterpreter"},
    {"coperator\nattrgetter\n)R.", "calls operator.attrgetter"},
    {"cmultiprocessing.util\nspawnv_passfds\n)R.", "calls multiprocessing.util.spawnv"},
    {"ctorch\nload\n)R.", "calls torch.load"},
    {"ctorch.hub\nload\n)R.", "calls torch.hub.load"},
    {"cnumpy\nload\n)R.", "calls numpy.load"},
    /* through another module, or by another's hand */
    {"Vtorch.serialization\nVos.system\n\x93)R.", "calls torch.serialization.os.system"},
    {"Vtorch\nV__builtins__.eval\n\x93)R.", "refused"},
    {"Vx\nVf.__globals__.y\n\x93)R.", "refused"},
    {"cfunctools\npartial\n(cos\nsystem\ntR.", "hands to a call os.system"},
    {"Vo\\u0073\nVsystem\n\x93)R.", "with escapes: refused"},
    {"(I1\nI2\ntp0\n(I1\ntR.", "calls what is no function or class by name"},
    {"cos\nf\np0\n0(lp1\ng1\n)R.", "calls what is no function"},
    {"Vx\nVa.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q\n\x93)R.", "calls x.a.b.c"},
    /* no pickle */
    {"", "ends without its end"},
    {"N", "ends without its end"},
    {".", "empty stack"},
    {"0.", "empty stack"},
    {"(.", "empty stack"},
    {"2.", "empty stack"},
    {"t.", "wants a mark"},
    {"1.", "wants a mark"},
    {"(NNNd.", "key without a value"},
    {"}(NNNu.", "key without a value"},
    {"NNs.", "adds to no collection"},
    {"]NNs.", "no such collection"},
    {"}Na.", "no such collection"},
    {"N(Ne.", "no such collection"},
    {"N\x86.", "more values than there are"},
    {"(N\x85\x85\x86.", "more values than there are"},
    {"Nb.", "empty stack"},
    {"NNb.", "no object"},
    {"cos\nf\nNR.", "arguments that are no tuple"},
    {"(o.", "no class"},
    {"NN\x93.", "no text"},
    {"h\x05.", "not put there"},
    {"g5\n.", "not put there"},
    {"g-1\n.", "not put there"},
    {"Np999\n.", "larger numbers"},
    {"Np-1\n.", "larger numbers"},
    {"Nr\xff\xff\xff\xff.", "larger numbers"},
    {"I1", "middle of a line"},
    {"Ix\n.", "a number that is none"},
    {"I1111111111111111111111111111111111111\n.", "too many digits"},
    {"S'x\n.", "without quotes"},
    {"cos\n", "middle of a line"},
    {"K", "middle of an operation"},
    {"X\xff\xff\xff\x7f" "a.", "middle of an operation"},
    {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff" "a.", "middle of an operation"},
    {"\x8b\xff\xff\xff\xff" "a.", "middle of an operation"},
    {"\x96\xff\xff\xff\xff\xff\xff\xff\x7f" "a.", "middle of an operation"},
    {"\x82\x01.", "no checkpoint has"},
    {"\x97.", "no checkpoint has"},
    {"Z.", "no checkpoint has"},
};

START_TEST(refusal)
{
    struct pickle *p = parse(refused[_i].data, strlen(refused[_i].data));
    ck_assert_msg(p == NULL, "accepted: %s", refused[_i].data);
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s: %s", refused[_i].data,
                  err.text);
}
END_TEST

/* Objects that only hold values, as training code saves them beside the weights. */
static const char *const opaque[] = {
    "cargparse\nNamespace\n)R(dVlr\nF0.1\nsb.",
    "c__builtin__\nset\n((lVa\natR.",
    "cbuiltins\ncomplex\n(F1\nF2\ntR.",
    "cbuiltins\nslice\n(I1\nI2\nNtR.",
    "ccollections\nCounter\n)R.",
    "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(Vf8\nI0\nI1\ntRVx\ntR.",
    "cpathlib\nPosixPath\n(V/\nVdata\ntR.",
    "ccopy_reg\n_reconstructor\n(cmy.net\nNet\nc__builtin__\nobject\nNtR(dVx\nI1\nsb.",
    "cmy.code.os\nThing\n)R.", /* a name of their own */
    "cos\nsystem\n.",          /* named, but not called */
    "Vx\nVa.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p\n\x93)R.",
};

START_TEST(opaque_objects)
{
    struct pickle *p = parse(opaque[_i], strlen(opaque[_i]));
    ck_assert_msg(p != NULL, "%s: %s", opaque[_i], err.text);
    pickle_free(&p);
}
END_TEST

static void check_int(const struct pickle_value *v, int64_t want)
{
    ck_assert_ptr_nonnull(v);
    ck_assert_int_eq(v->kind, PICKLE_INT);
    ck_assert_int_eq(v->as.integer, want);
}

START_TEST(numbers)
{
    struct pickle *p =
        PARSE("(K\xffM\xff\xffJ\xff\xff\xff\xffI-7\nL12L\n\x8a\x00\x8a\x01\xff\x8a\x02\x00\x80"
              "\x8a\x08\x01\x00\x00\x00\x00\x00\x00\x80\x8b\x01\x00\x00\x00\x05"
              "G\x3f\xf8\x00\x00\x00\x00\x00\x00\x88\x89I01\nI00\nNl.");
    static const int64_t want[] = {255, 65535, -1, -7, 12, 0, -1, -32768, INT64_MIN + 1, 5};
    ck_assert_msg(p != NULL, "%s", err.text);
    for (uint32_t i = 0; i < 10; i++)
        check_int(pickle_at(p->root, i), want[i]);
    ck_assert_double_eq(pickle_at(p->root, 10)->as.real, 1.5);
    for (uint32_t i = 11; i < 15; i++) {
        ck_assert_int_eq(pickle_at(p->root, i)->kind, PICKLE_BOOL);
        ck_assert_int_eq(pickle_at(p->root, i)->as.integer, i % 2);
    }
    ck_assert_int_eq(pickle_at(p->root, 15)->kind, PICKLE_NONE);
    ck_assert_ptr_null(pickle_at(p->root, 16));
    pickle_free(&p);
}
END_TEST

START_TEST(texts)
{
    struct pickle *p = PARSE("\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00(S'a'\nS\"b\"\nVc\nU\x01"
                             "dT\x01\x00\x00\x00"
                             "eX\x01\x00\x00\x00"
                             "f\x8c\x01g\x8d\x01\x00\x00\x00\x00\x00\x00\x00h"
                             "C\x01iB\x01\x00\x00\x00j\x8e\x01\x00\x00\x00\x00\x00\x00\x00kt.");
    ck_assert_msg(p != NULL, "%s", err.text);
    ck_assert_int_eq(p->root->count, 11);
    for (uint32_t i = 0; i < 11; i++) {
        const struct pickle_value *v = pickle_at(p->root, i);
        ck_assert_int_eq(v->kind, i < 8 ? PICKLE_TEXT : PICKLE_BYTES);
        ck_assert_int_eq(v->as.text.n, 1);
        ck_assert_int_eq(v->as.text.s[0], 'a' + (int)i);
    }
    pickle_free(&p);
}
END_TEST

START_TEST(collections)
{
    struct pickle *p = PARSE("}(Va\n(I1\nI2\nlVb\n]I3\na(I4\nI5\neVc\n\x8f(I6\n\x90Vd\n(I7\n\x91"
                             "Ve\n)Vf\nI8\nI9\n\x86u.trailing");
    ck_assert_msg(p != NULL, "%s", err.text);
    check_int(pickle_at(pickle_get(p->root, "a"), 1), 2);
    check_int(pickle_at(pickle_get(p->root, "b"), 2), 5);
    check_int(pickle_at(pickle_get(p->root, "c"), 0), 6);
    check_int(pickle_at(pickle_get(p->root, "d"), 0), 7);
    ck_assert_int_eq(pickle_get(p->root, "e")->count, 0);
    check_int(pickle_at(pickle_get(p->root, "f"), 1), 9);
    ck_assert_ptr_null(pickle_get(p->root, "g"));
    ck_assert_ptr_null(pickle_get(NULL, "g"));
    ck_assert_uint_eq(p->used, sizeof "}(Va\n(I1\nI2\nlVb\n]I3\na(I4\nI5\neVc\n\x8f(I6\n\x90Vd\n"
                                      "(I7\n\x91Ve\n)Vf\nI8\nI9\n\x86u." - 1);
    pickle_free(&p);
}
END_TEST

START_TEST(objects)
{
    struct pickle *p = PARSE("ccollections\nOrderedDict\n)Rq\x00(Vk\nI1\nu}Vs\nI2\nsb"
                             "(Vid\nI3\ntQ\x86Pname\n\x86h\x00\x86.");
    ck_assert_msg(p != NULL, "%s", err.text);
    const struct pickle_value *o = pickle_at(p->root, 1), *first = pickle_at(p->root, 0);
    ck_assert(pickle_is_call_of(o, "collections", "OrderedDict"));
    ck_assert(!pickle_is_call_of(o, "collections", "Counter"));
    check_int(pickle_get(o, "k"), 1);
    check_int(pickle_get(o->as.call.state, "s"), 2);
    ck_assert_ptr_eq(pickle_at(pickle_at(first, 0), 0), o);
    ck_assert_int_eq(pickle_at(first, 1)->kind, PICKLE_PERSISTENT);
    ck_assert_ptr_eq(p->persistent, pickle_at(first, 1));
    check_int(pickle_at(p->persistent->as.persistent.next->as.persistent.id, 1), 3);
    pickle_free(&p);
}
END_TEST

/* A list in itself is data as any other. */
START_TEST(cycle)
{
    struct pickle *p = PARSE("]q\x00h\x00" "a.");
    ck_assert_msg(p != NULL, "%s", err.text);
    ck_assert_ptr_eq(pickle_at(p->root, 0), p->root);
    pickle_free(&p);
}
END_TEST

/* Many values, and deep stacks and marks. */
START_TEST(limits)
{
    static const char ops[] = {'N', '(', ']'};
    size_t n = PICKLE_VALUES_MOST + 100;
    char *data = malloc(n);
    for (size_t i = 0; i < sizeof ops; i++) {
        memset(data, ops[i], n);
        ck_assert_ptr_null(parse(data, n));
        ck_assert_msg(strstr(err.text, "too large") != NULL, "%s", err.text);
    }
    for (size_t i = 0; i + 1 < n; i += 2)
        memcpy(data + i, "N0", 2);
    struct pickle *p = parse(data, n);
    ck_assert_ptr_null(p);
    for (size_t i = 0; i + 1 < n; i += 2)
        memcpy(data + i, "Na", 2);
    data[0] = ']';
    data[1] = 'N';
    data[2] = 'a';
    ck_assert_ptr_null(parse(data, n));
    free(data);
}
END_TEST

/* Appends n copies of a piece. */
static char *repeat(char *at, const char *piece, size_t len, int n)
{
    for (; n; n--, at += len)
        memcpy(at, piece, len);
    return at;
}
#define REPEAT(at, piece, n) repeat(at, piece, sizeof piece - 1, n)

/* What is shared is looked at once: a tuple of many functions that many calls get, and a name. */
START_TEST(shared_work)
{
    char *data = malloc(1 << 20), *end = REPEAT(data, "cx\ny\nq\x00" "0(", 1);
    end = REPEAT(end, "h\x00", 100000);
    end = REPEAT(end, "tq\x01" "0", 1);
    end = REPEAT(end, "h\x00h\x01R0", 100000);
    end = REPEAT(end, "N.", 1);
    struct pickle *p = parse(data, (size_t)(end - data));
    ck_assert_msg(p != NULL, "%s", err.text);
    pickle_free(&p);

    end = REPEAT(data, "Vx\nq\x00" "0V", 1);
    end = REPEAT(end, "a.", PICKLE_NAME_MOST / 2);
    end = REPEAT(end, "\nq\x01" "0", 1);
    end = REPEAT(end, "h\x00h\x01\x93" "0", 100000);
    end = REPEAT(end, "N.", 1);
    p = parse(data, (size_t)(end - data));
    ck_assert_msg(p != NULL, "%s", err.text);
    pickle_free(&p);

    end = REPEAT(data, "Vx\nV", 1);
    end = REPEAT(end, "a", PICKLE_NAME_MOST + 1);
    end = REPEAT(end, "\n\x93.", 1);
    ck_assert_ptr_null(parse(data, (size_t)(end - data)));
    ck_assert_msg(strstr(err.text, "in more than 1000 bytes") != NULL, "%s", err.text);
    free(data);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/pickle");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, refusal, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(t, opaque_objects, 0, sizeof opaque / sizeof *opaque);
    tcase_add_test(t, numbers);
    tcase_add_test(t, texts);
    tcase_add_test(t, collections);
    tcase_add_test(t, objects);
    tcase_add_test(t, cycle);
    tcase_add_test(t, limits);
    tcase_add_test(t, shared_work);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
