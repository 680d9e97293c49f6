/* SPDX-License-Identifier: MIT */
/* Archives of torch.save with records that are missing, renamed, compressed, doubled or replaced. */
#include "base/file.h"
#include "io/tensor_file.h"
#include "tests/io/compose.h"

#include <zip.h>

#define GOOD SOURCE_DIR "/tests/data/checkpoints/values.pth"

enum change { DROP, RENAME, PACK, REPLACE, ADD };

static const struct {
    enum change change;
    const char *end;     /* of the record's name */
    const char *with;    /* new name, or content */
    const char *message; /* NULL: it is fine */
} changes[] = {
    {ADD, "values/note", "x", NULL},
    {ADD, "values/byteorder", "little", NULL},
    {REPLACE, "/version", "99\n", NULL},
    {DROP, "/version", NULL, NULL},
    {ADD, "values/byteorder", "middle", "byte order is neither"},
    {ADD, "values/byteorder", "", "byte order is neither"},
    {ADD, "values/byteorder", "a long text that is none", "'byteorder' is missing, or longer"},
    {DROP, "/data.pkl", NULL, "a zip archive with 0 data.pkl"},
    {RENAME, "/data.pkl", "values/data.pkl.old", "a zip archive with 0 data.pkl"},
    {ADD, "other/data.pkl", "N.", "a zip archive with 2 data.pkl"},
    {ADD, "values/constants.pkl", "N.", "TorchScript archive"},
    {REPLACE, "/data.pkl", "N.", "no dictionary of tensors"},
    {REPLACE, "/data.pkl", "", "ends without its end"},
    {REPLACE, "/data.pkl", "cos\nsystem\n(Vx\ntR.", "calls os.system: refused"},
    {PACK, "/data.pkl", NULL, "'values/data.pkl' is compressed"},
    {DROP, "/data/0", NULL, "storage '0' of 24 bytes is missing"},
    {RENAME, "/data/0", "values/data/00", "storage '0' of 24 bytes is missing"},
    {REPLACE, "/data/0", "short", "has 5 in the archive"},
    {REPLACE, "/data/0", "1234567890123456789012345", "has 25 in the archive"},
    {PACK, "/data/10", NULL, "data/10' is compressed"},
};

static zip_int64_t find(zip_t *z, const char *end)
{
    for (zip_int64_t i = 0; i < zip_get_num_entries(z, 0); i++) {
        const char *name = zip_get_name(z, (zip_uint64_t)i, 0);
        if (strlen(name) >= strlen(end) && !strcmp(name + strlen(name) - strlen(end), end))
            return i;
    }
    ck_abort_msg("no record %s", end);
    return -1;
}

START_TEST(changed)
{
    size_t n;
    char *data = file_read(GOOD, 1 << 20, ERROR_INPUT, &n, &err);
    write_raw(data, n);
    free(data);
    zip_t *z = zip_open(path, 0, NULL);
    ck_assert_ptr_nonnull(z);
    const char *with = changes[_i].with;
    zip_source_t *source = with ? zip_source_buffer(z, with, strlen(with), 0) : NULL;
    zip_uint64_t at = changes[_i].change == ADD ? 0 : (zip_uint64_t)find(z, changes[_i].end);
    switch (changes[_i].change) {
    case DROP:
        ck_assert_int_eq(zip_delete(z, at), 0);
        break;
    case RENAME:
        ck_assert_int_eq(zip_file_rename(z, at, with, 0), 0);
        break;
    case PACK:
        ck_assert_int_eq(zip_set_file_compression(z, at, ZIP_CM_DEFLATE, 9), 0);
        break;
    case REPLACE:
        ck_assert_int_eq(zip_file_replace(z, at, source, 0), 0);
        ck_assert_int_eq(zip_set_file_compression(z, at, ZIP_CM_STORE, 0), 0);
        break;
    case ADD:
        at = (zip_uint64_t)zip_file_add(z, changes[_i].end, source, 0);
        ck_assert_int_eq(zip_set_file_compression(z, at, ZIP_CM_STORE, 0), 0);
        break;
    }
    if (changes[_i].change != ADD && changes[_i].change != REPLACE)
        zip_source_free(source);
    ck_assert_msg(zip_close(z) == 0, "%s", zip_strerror(z));
    struct tensor_file *f = tensor_file_open(path, ERROR_MODEL, &err);
    if (changes[_i].message) {
        ck_assert_ptr_null(f);
        ck_assert_int_eq(err.code, ERROR_MODEL);
        ck_assert_msg(strstr(err.text, changes[_i].message) != NULL, "%s", err.text);
    } else {
        ck_assert_msg(f != NULL, "%s", err.text);
        ck_assert_int_eq(tensor_file_count(f), 14);
    }
    tensor_file_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/torch_zip");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, changed, 0, sizeof changes / sizeof *changes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
