/* SPDX-License-Identifier: MIT */
/* Checkpoints that lie: sizes, strides, offsets, storages and dictionaries that no torch.save
 * writes, as files of the older format, whose pickles can be plain text. */
#include "io/tensor_file.h"
#include "io/torch_tensors.h"
#include "tests/io/compose.h"

#define START                                                                                      \
    "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19."                                                \
    "\x80\x02M\xe9\x03."                                                                           \
    "(dVlittle_endian\nI01\ns."
#define KEYS "(lVk\na."

/* A file of one object and one storage "k" with `elements` in its own words, then n zero bytes. */
static struct tensor_file *open_object(const char *object, const char *keys, uint64_t elements,
                                       size_t n)
{
    static char file[1 << 16];
    size_t at = sizeof START - 1;
    memcpy(file, START, at);
    at += (size_t)snprintf(file + at, sizeof file - at, "%s%s", object, keys);
    for (int i = 0; i < 8; i++)
        file[at++] = (char)(elements >> 8 * i);
    memset(file + at, 0, n);
    write_raw(file, at + n);
    err = (struct error){0};
    return tensor_file_open(path, ERROR_MODEL, &err);
}

/* A dictionary with a tensor "a" of a float storage of 4 elements. */
#define STORAGE(type, count) "(Vstorage\nctorch\n" type "\nVk\nVcpu\n" count "NtQ"
#define TENSOR(storage, offset, size, stride)                                                      \
    "ctorch._utils\n_rebuild_tensor_v2\n(" storage offset "(" size "t(" stride "tI00\nNtR"
#define DICT(value) "(dVa\n" value "s."
#define FOUR STORAGE("FloatStorage", "I4\n")

static const struct {
    const char *object;
    const char *message; /* NULL: it is fine */
} lies[] = {
    {DICT(TENSOR(FOUR, "I0\n", "I4\n", "I1\n")), NULL},
    {DICT(TENSOR(FOUR, "I2\n", "I2\n", "I1\n")), NULL},
    {DICT(TENSOR(FOUR, "I0\n", "I2\nI2\n", "I1\nI2\n")), NULL},
    {DICT(TENSOR(FOUR, "I0\n", "", "")), NULL},
    {DICT(TENSOR(FOUR, "I9\n", "I0\n", "I1\n")), NULL},
    /* beyond the storage */
    {DICT(TENSOR(FOUR, "I0\n", "I5\n", "I1\n")), "beyond its storage of 4 elements"},
    {DICT(TENSOR(FOUR, "I1\n", "I4\n", "I1\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I4\n", "", "")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I0\n", "I2\nI2\n", "I3\nI1\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I0\n", "I2\n", "I4\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I0\n", "I5\n", "I0\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I9223372036854775807\n", "I1\n", "I1\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I0\n", "I2\n", "I9223372036854775807\n")), "beyond its storage"},
    /* numbers that wrap, or are none */
    {DICT(TENSOR(FOUR, "I0\n", "I3\n", "I9223372036854775807\n")), "beyond its storage"},
    {DICT(TENSOR(FOUR, "I9223372036854775807\n", "I4\n", "I9223372036854775807\n")),
     "strides do not fit 64 bits"},
    {DICT(TENSOR(FOUR, "I0\n", "I65536\nI65536\nI65536\nI65536\n", "I0\nI0\nI0\nI0\n")),
     "product does not fit 64 bits"},
    {DICT(TENSOR(FOUR, "I0\n", "I1073741824\nI1073741824\nI4\n", "I0\nI0\nI0\n")),
     "size does not fit 64 bits"},
    {DICT(TENSOR(FOUR, "I0\n", "I2147483648\n", "I0\n")), "no number from 0 to 2147483647"},
    {DICT(TENSOR(FOUR, "I0\n", "I-1\n", "I1\n")), "no number from 0"},
    {DICT(TENSOR(FOUR, "I0\n", "I4\n", "I-1\n")), "no number from 0"},
    {DICT(TENSOR(FOUR, "I-1\n", "I4\n", "I1\n")), "offset is no number"},
    {DICT(TENSOR(FOUR, "Vx\n", "I4\n", "I1\n")), "offset is no number"},
    {DICT(TENSOR(FOUR, "I0\n", "I4\n", "")), "no tuples of one length"},
    {DICT(TENSOR(FOUR, "I0\n", "I1\nI1\nI1\nI1\nI1\nI1\nI1\n", "I1\nI1\nI1\nI1\nI1\nI1\nI1\n")),
     "rank 7, at most 6"},
    /* storages */
    {DICT(TENSOR(STORAGE("FloatStorage", "I-4\n"), "I0\n", "I4\n", "I1\n")), "in no storage"},
    {DICT(TENSOR(STORAGE("FloatStorage", "I5\n"), "I0\n", "I4\n", "I1\n")),
     "expected are 20 bytes"},
    {DICT(TENSOR(STORAGE("HalfStorage", "I9223372036854775807\n"), "I0\n", "I4\n", "I1\n")),
     "expected are"},
    {DICT(TENSOR(STORAGE("DoubleStorage", "I9223372036854775807\n"), "I0\n", "I4\n", "I1\n")),
     "in no storage"},
    {DICT(TENSOR(STORAGE("QInt8Storage", "I16\n"), "I0\n", "I4\n", "I1\n")), "are not read"},
    {DICT(TENSOR(STORAGE("OddStorage", "I16\n"), "I0\n", "I4\n", "I1\n")), "are not read"},
    {DICT(TENSOR("N", "I0\n", "I4\n", "I1\n")), "in no storage"},
    {DICT(TENSOR("(Vmodule\nVx\nVk\nVcpu\nI4\nNtQ", "I0\n", "I4\n", "I1\n")), "in no storage"},
    {DICT(TENSOR("Vk\nQ", "I0\n", "I4\n", "I1\n")), "in no storage"},
    {DICT("ctorch._utils\n_rebuild_tensor_v2\n)R"), "offset is no number"},
    {DICT("ctorch._utils\n_rebuild_parameter\n)R"), "is made by ?.?"},
    {DICT("cmy.code\nmake\n(" FOUR "tR"), "tensor 'a' is made by my.code.make"},
    /* two tensors, which do not agree about their storage */
    {"(dVa\n" TENSOR(FOUR, "I0\n", "I4\n", "I1\n") "sVb\n" TENSOR(
         STORAGE("FloatStorage", "I3\n"), "I0\n", "I3\n", "I1\n") "s.",
     "other lengths elsewhere"},
    /* names */
    {"(dVa\n" TENSOR(FOUR, "I0\n", "I4\n", "I1\n") "p1\nsVa\ng1\ns.", "two tensors are called 'a'"},
    {"(dV\n" TENSOR(FOUR, "I0\n", "I4\n", "I1\n") "s.", "a name that is empty"},
    /* dictionaries in themselves, and in each other: 2^20 ways to a tensor that is not there */
    {"(dp0\nVmodel\ng0\ns.", "no dictionary of tensors"},
    {"(dVa\n(dp0\nVx\ng0\nss.", "no dictionary of tensors"},
    {"(lVx\na.", "no dictionary of tensors"},
    {"N.", "no dictionary of tensors"},
};

START_TEST(lie)
{
    struct tensor_file *f = open_object(lies[_i].object, KEYS, 4, 16);
    if (lies[_i].message) {
        ck_assert_msg(f == NULL, "accepted: %s", lies[_i].object);
        ck_assert_int_eq(err.code, ERROR_MODEL);
        ck_assert_msg(strstr(err.text, lies[_i].message) != NULL, "%s\n%s", lies[_i].object,
                      err.text);
    } else {
        ck_assert_msg(f != NULL, "%s\n%s", lies[_i].object, err.text);
    }
    tensor_file_close(&f);
}
END_TEST

/* Dictionaries that each hold the one before twice: 2^40 paths. */
START_TEST(many_paths)
{
    char object[8192];
    int n = snprintf(object, sizeof object, "(dp0\n");
    for (int i = 1; i <= 40; i++)
        n += snprintf(object + n, sizeof object - (size_t)n, "0(dp%d\nVa\ng%d\nsVb\ng%d\ns", i,
                      i - 1, i - 1);
    snprintf(object + n, sizeof object - (size_t)n, ".");
    ck_assert_ptr_null(open_object(object, KEYS, 4, 16));
    ck_assert_msg(strstr(err.text, "no dictionary of tensors") || strstr(err.text, "entries"),
                  "%s", err.text);
}
END_TEST

/* Very many objects that share one state of very many entries. */
START_TEST(shared_state)
{
    enum { STATE = 900000, AT_ONCE = 100000, OBJECTS = 50000 };
    char *data = malloc(1 << 23), *end = data + sprintf(data, "Va\np2\n0}p0\n");
    for (int i = 0; i < STATE; i++)
        end += sprintf(end, "%sh\2h\2%s", i % AT_ONCE ? "" : "(", (i + 1) % AT_ONCE ? "" : "u");
    end += sprintf(end, "0cmy.net\nNet\n)Rg0\nbp1\n0(");
    for (int i = 0; i < OBJECTS; i++, end += 4)
        memcpy(end, "h\2h\1", 4);
    end += sprintf(end, "d.");
    struct pickle *p = pickle_parse(data, (size_t)(end - data), ERROR_MODEL, &err);
    ck_assert_msg(p != NULL, "%s", err.text);
    struct torch_tensors list = {0};
    ck_assert(!torch_tensors_find(&list, p->root, &err));
    ck_assert_msg(strstr(err.text, "holds no dictionary of tensors") != NULL, "%s", err.text);
    torch_tensors_free(&list);
    pickle_free(&p);
    free(data);
}
END_TEST

#define ALL TENSOR(FOUR, "I0\n", "I4\n", "I1\n")
#define GOOD DICT(ALL)

/* The list of storages, and what follows it. */
START_TEST(storages)
{
    static const struct {
        const char *keys;
        uint64_t elements;
        size_t n;
        const char *message;
    } bad[] = {
        {KEYS, 5, 20, "has 5 elements of 4 bytes, expected are 16 bytes"},
        {KEYS, 3, 16, "expected are 16 bytes"},
        {KEYS, 4, 15, "cut off"},
        {KEYS, UINT64_MAX, 16, "expected are 16 bytes"},
        {KEYS, UINT64_C(1) << 62, 16, "expected are 16 bytes"},
        {"(l.", 4, 16, "storage 'k' is missing"},
        {"(lVother\na.", 4, 16, "storage 'other' is of no known type"},
        {"(lVk\naVk\na.", 4, 16, "cut off: 0 bytes are left"},
        {"(lI1\na.", 4, 16, "a storage without a name"},
        {"(d.", 4, 16, "its list of storages is none"},
        {"", 4, 16, "pickle, byte"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_ptr_null(open_object(GOOD, bad[i].keys, bad[i].elements, bad[i].n));
        ck_assert_msg(strstr(err.text, bad[i].message) != NULL, "%s", err.text);
    }
}
END_TEST

/* One storage, mentioned with two lengths: the one that the tensor has was checked. */
START_TEST(two_lengths)
{
    static const char *const objects[] = {
        "(dVa\n" ALL "sVb\n" STORAGE("FloatStorage", "I2\n") "s.",
        "(dVb\n" STORAGE("FloatStorage", "I2\n") "sVa\n" ALL "s.",
    };
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_null(open_object(objects[i], KEYS, 2, 8));
        ck_assert_msg(strstr(err.text, "has 2 elements of 4 bytes, expected are 16 bytes") != NULL,
                      "%s", err.text);
        struct tensor_file *f = open_object(objects[i], KEYS, 4, 16);
        ck_assert_msg(f != NULL, "%s", err.text);
        tensor_file_close(&f);
    }
}
END_TEST

/* Every error has the caller's class. */
START_TEST(class_of_errors)
{
    ck_assert_ptr_null(open_object(DICT(TENSOR("N", "I0\n", "I4\n", "I1\n")), KEYS, 4, 16));
    ck_assert_ptr_null(tensor_file_open(path, ERROR_INPUT, &err));
    ck_assert_int_eq(err.code, ERROR_INPUT);
}
END_TEST

/* Shorter since it was opened: an error, no signal. */
START_TEST(truncated_while_open)
{
    float x[4];
    struct tensor_file *f = open_object(GOOD, KEYS, 4, 16);
    ck_assert_msg(f != NULL, "%s", err.text);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert(!tensor_file_read(f, tensor_file_at(f, 0), 0, 4, x, &err));
    ck_assert_msg(strstr(err.text, "became shorter") != NULL, "%s", err.text);
    tensor_file_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/torch_lies");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, lie, 0, sizeof lies / sizeof *lies);
    tcase_add_test(t, many_paths);
    tcase_add_test(t, shared_state);
    tcase_add_test(t, storages);
    tcase_add_test(t, two_lengths);
    tcase_add_test(t, class_of_errors);
    tcase_add_test(t, truncated_while_open);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
