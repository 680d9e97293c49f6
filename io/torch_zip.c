/* SPDX-License-Identifier: MIT */
/* torch.save since PyTorch 1.6: a zip archive with the records NAME/data.pkl, NAME/data/KEY for
 * each storage, and NAME/byteorder in newer ones. Records are never compressed, so what is read
 * from the archive is no longer than the file. */
#include "io/torch_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

enum { RECORDS_MOST = 1 << 18 };

static bool open_archive(struct torch_file *f, struct error *err)
{
    int why = 0, fd = dup(f->fd); /* the archive closes what it gets */
    if (fd < 0)
        return fail(err, ERROR_LIMIT, "%s: no file descriptor left", f->path);
    f->archive = zip_fdopen(fd, ZIP_CHECKCONS, &why);
    if (f->archive)
        return true;
    zip_error_t text;
    zip_error_init_with_code(&text, why);
    fail(err, why == ZIP_ER_MEMORY ? ERROR_LIMIT : f->code,
         "%s: not a whole zip archive (%s): cut off, or damaged", f->path,
         zip_error_strerror(&text));
    zip_error_fini(&text);
    close(fd);
    return false;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n >= k && !strcmp(s + n - k, end);
}

/* The folder of data.pkl, which there must be once. */
static bool find_prefix(struct torch_file *f, struct error *err)
{
    zip_int64_t count = zip_get_num_entries(f->archive, 0);
    int pickles = 0;
    bool script = false;
    if (count > RECORDS_MOST)
        return fail(err, f->code, "%s: %lld records, at most %d are allowed", f->path,
                    (long long)count, RECORDS_MOST);
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(f->archive, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        if (!name)
            return fail(err, f->code, "%s: record %lld has no name", f->path, (long long)i);
        script = script || ends_with(name, "/constants.pkl");
        const char *slash = strchr(name, '/');
        if (strcmp(slash ? slash : name, slash ? "/data.pkl" : "data.pkl") != 0)
            continue;
        size_t n = slash ? (size_t)(slash - name) + 1 : 0;
        if (n >= sizeof f->prefix)
            return fail(err, f->code, "%s: a folder's name of %zu bytes", f->path, n);
        memcpy(f->prefix, name, n);
        f->prefix[n] = 0;
        pickles++;
    }
    if (script)
        return fail(err, f->code,
                    "%s: a TorchScript archive; save its tensors: "
                    "torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth')",
                    f->path);
    if (pickles != 1)
        return fail(err, f->code, "%s: a zip archive with %d data.pkl: not one of torch.save",
                    f->path, pickles);
    return true;
}

/* Index and size of prefix + name; index -1 where there is none. False: it cannot be read. */
static bool find_record(const struct torch_file *f, const char *name, size_t length,
                        zip_int64_t *index, uint64_t *size, struct error *err)
{
    char path[sizeof f->prefix + 128];
    zip_stat_t st;
    size_t n = strlen(f->prefix);
    *index = -1;
    if (length >= sizeof path - n)
        return true;
    memcpy(path, f->prefix, n);
    memcpy(path + n, name, length);
    path[n + length] = 0;
    *index = zip_name_locate(f->archive, path, ZIP_FL_ENC_RAW);
    if (*index < 0)
        return true;
    const unsigned wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(f->archive, (zip_uint64_t)*index, 0, &st) != 0 ||
        (st.valid & wanted) != wanted)
        return fail(err, f->code, "%s: record '%s' is damaged", f->path, path);
    if (st.comp_method != ZIP_CM_STORE || st.comp_size != st.size || st.size > f->size)
        return fail(err, f->code, "%s: record '%s' is compressed, as torch.save leaves none",
                    f->path, path);
    *size = st.size;
    return true;
}

static bool fail_record(const struct torch_file *f, struct zip_file *record, struct error *err)
{
    return fail(err, f->code, "%s: a record cannot be read: %s", f->path,
                zip_error_strerror(zip_file_get_error(record)));
}

/* At the end of a record its checksum is compared. Files of PyTorch that were told to leave it out
 * have none. */
static bool check_sum(const struct torch_file *f, struct error *err)
{
    struct torch_reader *r = f->reader;
    zip_stat_t st;
    char none;
    if (zip_stat_index(f->archive, r->place, 0, &st) != 0 || st.size != r->at || !st.crc)
        return true;
    return zip_fread(r->record, &none, 1) == 0 || fail_record(f, r->record, err);
}

static bool read_record(const struct torch_file *f, uint64_t index, uint64_t at, void *out,
                        size_t n, struct error *err)
{
    struct torch_reader *r = f->reader;
    unsigned char *p = out;
    if (r->record && (r->place != index || r->at > at)) {
        zip_fclose(r->record);
        r->record = NULL;
    }
    if (!r->record) {
        r->record = zip_fopen_index(f->archive, index, 0);
        r->place = index;
        r->at = 0;
        if (!r->record)
            return fail(err, f->code, "%s: a record cannot be opened: %s", f->path,
                        zip_strerror(f->archive));
    }
    if (r->at != at && zip_fseek(r->record, (zip_int64_t)at, SEEK_SET) != 0)
        return fail_record(f, r->record, err);
    for (r->at = at; n;) {
        zip_int64_t k = zip_fread(r->record, p, n);
        if (k < 0)
            return fail_record(f, r->record, err);
        if (k == 0)
            return fail(err, f->code, "%s: the file became shorter while it was read", f->path);
        p += k;
        n -= (size_t)k;
        r->at += (uint64_t)k;
    }
    return check_sum(f, err);
}

bool torch_zip_read(const struct torch_file *f, const struct torch_storage *s, uint64_t at,
                    void *out, size_t n, struct error *err)
{
    return read_record(f, s->place, at, out, n, err);
}

/* A whole record, which is there; freed by the caller. */
static char *read_whole(const struct torch_file *f, const char *name, uint64_t most, uint64_t *size,
                        struct error *err)
{
    zip_int64_t index;
    char *data = NULL;
    if (!find_record(f, name, strlen(name), &index, size, err))
        return NULL;
    if (index < 0 || *size > most) {
        fail(err, f->code, "%s: record '%s' is missing, or longer than %llu bytes", f->path, name,
             (unsigned long long)most);
        return NULL;
    }
    data = malloc((size_t)*size + 1);
    if (!data) {
        fail(err, ERROR_LIMIT, "%s: no memory for %llu bytes of '%s'", f->path,
             (unsigned long long)*size, name);
    } else if (!read_record(f, (uint64_t)index, 0, data, (size_t)*size, err)) {
        free(data);
        data = NULL;
    }
    return data;
}

static bool read_byte_order(struct torch_file *f, struct error *err)
{
    zip_int64_t index;
    uint64_t size;
    TRY(find_record(f, "byteorder", strlen("byteorder"), &index, &size, err));
    if (index < 0)
        return true;
    char *order = read_whole(f, "byteorder", 16, &size, err);
    TRY(order != NULL);
    f->swapped = size == 3 && !memcmp(order, "big", 3);
    bool known = f->swapped || (size == 6 && !memcmp(order, "little", 6));
    free(order);
    return known || fail(err, f->code, "%s: its byte order is neither little nor big", f->path);
}

static bool find_storages(struct torch_file *f, struct error *err)
{
    for (int i = 0; i < f->list.storage_count; i++) {
        struct torch_storage *s = &f->list.storage[i];
        char name[64] = "data/";
        zip_int64_t index = -1;
        uint64_t size = 0;
        if (s->key.n < sizeof name - 5 && !memchr(s->key.s, 0, s->key.n)) {
            memcpy(name + 5, s->key.s, s->key.n);
            TRY(find_record(f, name, 5 + s->key.n, &index, &size, err));
        }
        if (index < 0 || size != s->bytes)
            return fail(err, f->code,
                        "%s: storage '%.*s' of %llu bytes is missing, or has %llu in the archive",
                        f->path, (int)(s->key.n < 40 ? s->key.n : 40), s->key.s,
                        (unsigned long long)s->bytes, (unsigned long long)size);
        s->place = (uint64_t)index;
    }
    return true;
}

bool torch_zip_open(struct torch_file *f, struct error *err)
{
    uint64_t size;
    TRY(open_archive(f, err) && find_prefix(f, err));
    TRY(f->data = read_whole(f, "data.pkl", PICKLE_BYTES_MOST, &size, err));
    f->pickle = pickle_parse(f->data, (size_t)size, f->code, err);
    if (!f->pickle)
        return fail_more(err, "%s", f->path);
    return torch_find_tensors(f, err) && read_byte_order(f, err) && find_storages(f, err);
}

void torch_zip_close(struct torch_file *f)
{
    if (f->reader && f->reader->record)
        zip_fclose(f->reader->record);
    if (f->archive)
        zip_discard(f->archive);
}
