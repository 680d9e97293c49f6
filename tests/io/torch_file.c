/* SPDX-License-Identifier: MIT */
/* Files that PyTorch wrote (tests/tools/torch_checkpoints.py), of both formats: their values, and
 * damage at every byte. */
#include "base/file.h"
#include "io/tensor_file.h"
#include "tests/io/compose.h"

#include <math.h>

#define FOLDER SOURCE_DIR "/tests/data/checkpoints/"

static struct tensor_file *open_data(const char *name)
{
    char file[256];
    snprintf(file, sizeof file, FOLDER "%s", name);
    return tensor_file_open(file, ERROR_MODEL, &err);
}

/* ---- values ---- */

static const struct {
    const char *name;
    enum safetensor_type type;
    int rank, dim[3];
    float value[24];
} tensors[] = {
    {"f32", SAFETENSOR_F32, 2, {2, 3}, {-1, -.5f, 0, .5f, 1, 1.5f}},
    {"f16", SAFETENSOR_F16, 1, {4}, {-.5f, -.25f, 0, .25f}},
    {"bf16", SAFETENSOR_BF16, 1, {3}, {1.5f, -2, 384}},
    {"f64", SAFETENSOR_F64, 1, {2}, {.1f, -1e-3f}},
    {"i64", SAFETENSOR_I64, 0, {0}, {41}},
    {"i32", SAFETENSOR_I32, 1, {3}, {1, -2, 3}},
    {"u8", SAFETENSOR_U8, 1, {2}, {0, 255}},
    {"flag", SAFETENSOR_BOOL, 1, {2}, {1, 0}},
    {"parameter", SAFETENSOR_F32, 1, {1}, {7}},
    {"empty", SAFETENSOR_F32, 2, {0, 3}, {0}},
    {"whole", SAFETENSOR_F32, 3, {2, 3, 4}, {-1, -.5f, 0, .5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4, 4.5f,
     5, 5.5f, 6, 6.5f, 7, 7.5f, 8, 8.5f, 9, 9.5f, 10, 10.5f}},
    /* of its storage: without the first rows and columns, and with its axes in another order */
    {"part", SAFETENSOR_F32, 2, {2, 2}, {7.5f, 8, 9.5f, 10}},
    {"turned", SAFETENSOR_F32, 3, {4, 2, 3}, {-1, 1, 3, 5, 7, 9, -.5f, 1.5f, 3.5f, 5.5f, 7.5f, 9.5f,
     0, 2, 4, 6, 8, 10, .5f, 2.5f, 4.5f, 6.5f, 8.5f, 10.5f}},
    {"half_turned", SAFETENSOR_F16, 2, {3, 2}, {0, 3, 1, 4, 2, 5}},
};
enum { TENSORS = sizeof tensors / sizeof *tensors };

static const struct {
    const char *file, *prefix, *where, *format;
} files[] = {
    {"values.pth", "", "", "PyTorch zip archive"},
    {"values4.pt", "", "", "PyTorch zip archive"},
    {"values_big.pth", "", "", "PyTorch zip archive"},
    {"values_old.pth", "", "", "PyTorch, before 1.6"},
    {"values_nested.pth", "module.", "state_dict", "PyTorch zip archive"},
    {"values_nested_old.pth.tar", "module.", "state_dict", "PyTorch, before 1.6"},
};

START_TEST(values)
{
    struct tensor_file *f = open_data(files[_i].file);
    ck_assert_msg(f != NULL, "%s", err.text);
    ck_assert_int_eq(tensor_file_count(f), TENSORS);
    ck_assert_str_eq(tensor_file_where(f), files[_i].where);
    ck_assert_str_eq(tensor_file_format(f), files[_i].format);
    ck_assert_ptr_null(tensor_file_find(f, "none"));
    for (int i = 0; i < TENSORS; i++) {
        char name[64];
        float x[24];
        snprintf(name, sizeof name, "%s%s", files[_i].prefix, tensors[i].name);
        const struct safetensor *t = tensor_file_find(f, name);
        ck_assert_msg(t != NULL, "%s", name);
        ck_assert_int_eq(t->type, tensors[i].type);
        ck_assert_int_eq(t->rank, tensors[i].rank);
        uint64_t n = 1;
        for (int d = 0; d < t->rank; d++) {
            ck_assert_int_eq(t->dim[d], tensors[i].dim[d]);
            n *= (uint64_t)t->dim[d];
        }
        ck_assert_uint_eq(t->elements, n);
        ck_assert_uint_eq(t->bytes, n * safetensor_type_size(t->type));
        ck_assert(tensor_file_read(f, t, 0, n, x, &err));
        ck_assert_msg(!memcmp(x, tensors[i].value, n * sizeof *x), "%s: %g", name, n ? x[0] : 0);
        for (uint64_t k = 0; k < n; k++) { /* and each alone, from the last to the first */
            ck_assert(tensor_file_read(f, t, n - 1 - k, 1, x, &err));
            ck_assert_float_eq(x[0], tensors[i].value[n - 1 - k]);
        }
    }
    tensor_file_close(&f);
}
END_TEST

/* Python 2: an OrderedDict as a list of pairs, strings of bytes; views that name their storage. */
START_TEST(views)
{
    struct tensor_file *f = open_data("views_old.pth");
    ck_assert_msg(f != NULL, "%s", err.text);
    ck_assert_int_eq(tensor_file_count(f), 2);
    float x[6];
    ck_assert(tensor_file_read(f, tensor_file_find(f, "a"), 0, 6, x, &err));
    ck_assert_float_eq(x[5], 5);
    ck_assert(tensor_file_read(f, tensor_file_find(f, "b"), 0, 3, x, &err));
    ck_assert_float_eq(x[0], 3);
    ck_assert_float_eq(x[2], 5);
    tensor_file_close(&f);
}
END_TEST

/* ---- refused ---- */

static const struct {
    const char *file, *message;
} refused[] = {
    {"harm.pth", "calls posix.system: refused"},
    {"harm_old.pth", "calls posix.system: refused"},
    {"harm.pkl", "calls posix.system: refused"},
    {"module.pth", "torch.save(model.state_dict(), 'weights.pth')"},
    {"script.pt", "TorchScript archive"},
    {"sparse.pth", "tensor 'a' is made by torch._utils._rebuild_sparse_tensor"},
    {"quantized.pth", "tensor 'a' is made by torch._utils._rebuild_qtensor"},
    {"complex.pth", "tensor 'a': storages of type ComplexFloatStorage are not read"},
    {"one_tensor.pth", "one tensor alone"},
    {"no_tensor.pth", "holds no dictionary of tensors; it has epoch, loss"},
};

START_TEST(refusal)
{
    ck_assert_ptr_null(open_data(refused[_i].file));
    ck_assert_int_eq(err.code, ERROR_MODEL);
    ck_assert_msg(strstr(err.text, refused[_i].message) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, refused[_i].file) != NULL, "%s", err.text);
}
END_TEST

START_TEST(no_files)
{
    static char tar[512];
    memcpy(tar + 257, "ustar", 5);
    write_raw(tar, sizeof tar);
    ck_assert_ptr_null(tensor_file_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "tar archive") != NULL, "%s", err.text);
    write_raw("\x80\x02K\x01.", 5);
    ck_assert_ptr_null(tensor_file_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "not one of torch.save") != NULL, "%s", err.text);
    write_raw("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 22);
    ck_assert_ptr_null(tensor_file_open(path, ERROR_MODEL, &err));
    ck_assert_msg(strstr(err.text, "0 data.pkl") != NULL, "%s", err.text);
    write_raw("clact 1\nmodel x\n", 16); /* a graph */
    ck_assert(!tensor_file_sniff(path));
    write_raw("hello", 5);
    ck_assert(!tensor_file_sniff(path));
    ck_assert_ptr_null(tensor_file_open(path, ERROR_MODEL, &err));
    ck_assert_ptr_null(tensor_file_open("/tmp", ERROR_INPUT, &err));
    ck_assert_int_eq(err.code, ERROR_INPUT);
    ck_assert(!tensor_file_sniff("/nowhere"));
    ck_assert(tensor_file_sniff(FOLDER "values.pth"));
    ck_assert(tensor_file_sniff(FOLDER "values_old.pth"));
    ck_assert(tensor_file_sniff(FOLDER "harm.pkl"));
    ck_assert(tensor_file_sniff(FOLDER "net.safetensors"));
}
END_TEST

/* ---- damage: whatever opens can be read or says why not ---- */

static void try_file(const char *data, size_t n)
{
    write_raw(data, n);
    struct tensor_file *f = tensor_file_open(path, ERROR_MODEL, &err);
    if (!f) {
        ck_assert_msg(strstr(err.text, path) == err.text && err.code == ERROR_MODEL, "%s",
                      err.text);
        return;
    }
    for (int i = 0; i < tensor_file_count(f); i++) {
        const struct safetensor *t = tensor_file_at(f, i);
        float x[64];
        ck_assert_uint_le(t->elements, n);
        tensor_file_read(f, t, 0, t->elements < 64 ? t->elements : 64, x, &err);
    }
    tensor_file_close(&f);
}

static const char *const damaged[] = {"values.pth", "values_old.pth", "values_nested_old.pth.tar"};

START_TEST(cut_off)
{
    char file[256];
    size_t n;
    snprintf(file, sizeof file, FOLDER "%s", damaged[_i]);
    char *data = file_read(file, 1 << 20, ERROR_INPUT, &n, &err);
    for (size_t k = 1; k < n; k += 1 + (k > 300) * 3) {
        write_raw(data, k);
        ck_assert_ptr_null(tensor_file_open(path, ERROR_MODEL, &err));
    }
    free(data);
}
END_TEST

START_TEST(bytes_changed)
{
    char file[256];
    size_t n;
    snprintf(file, sizeof file, FOLDER "%s", damaged[_i]);
    char *data = file_read(file, 1 << 20, ERROR_INPUT, &n, &err);
    static const unsigned char by[] = {0x01, 0x80, 0xff};
    for (size_t k = 0; k < n; k++)
        for (size_t b = 0; b < sizeof by; b++) {
            data[k] = (char)(data[k] ^ by[b]);
            try_file(data, n);
            data[k] = (char)(data[k] ^ by[b]);
        }
    free(data);
}
END_TEST

/* A storage whose bytes were changed does not have its checksum. */
START_TEST(checksum)
{
    size_t n;
    float x[24];
    char *data = file_read(FOLDER "values.pth", 1 << 20, ERROR_INPUT, &n, &err);
    const float one = 10.5f; /* the last of `whole` */
    for (size_t k = 0; k + 4 <= n; k++)
        if (!memcmp(data + k, &one, 4)) {
            data[k] ^= 1;
            break;
        }
    write_raw(data, n);
    free(data);
    struct tensor_file *f = tensor_file_open(path, ERROR_MODEL, &err);
    ck_assert_msg(f != NULL, "%s", err.text);
    ck_assert(!tensor_file_read(f, tensor_file_find(f, "whole"), 0, 24, x, &err));
    ck_assert_msg(strstr(err.text, "CRC") != NULL, "%s", err.text);
    ck_assert(tensor_file_read(f, tensor_file_find(f, "f32"), 0, 6, x, &err));
    tensor_file_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("io/torch_file");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, values, 0, sizeof files / sizeof *files);
    tcase_add_test(t, views);
    tcase_add_loop_test(t, refusal, 0, sizeof refused / sizeof *refused);
    tcase_add_test(t, no_files);
    tcase_add_loop_test(t, cut_off, 0, sizeof damaged / sizeof *damaged);
    tcase_add_loop_test(t, bytes_changed, 0, sizeof damaged / sizeof *damaged);
    tcase_add_test(t, checksum);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
