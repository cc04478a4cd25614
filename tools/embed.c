/*
 * Turns files into a C file:
 *
 *     embed [--gzip] --symbol NAME --root DIR OUT.c FILES…
 *
 * prints `const struct mu_embedded NAME[]` (src/base/embedded.h) with one entry for each file,
 * sorted by name, and `const size_t NAME_count`. With --gzip an entry also has the compressed
 * bytes, where those are fewer. The output depends on the files' content only.
 *
 * Not part of muster itself: the build runs it. Links zlib and libcrypto.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ETAG_BYTES = 16, BYTES_PER_LINE = 32 };

struct file {
    const char *path, *name;
    char *real; /* name points into it */
    unsigned char *data, *gzip;
    size_t len, gzip_len;
};

struct job {
    bool gzip;
    const char *symbol, *root, *out;
    struct file *files;
    size_t count;
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "embed: %s: %s\n", what, why);
    exit(1);
}

static void *checked(void *p)
{
    if (!p)
        fail("memory", strerror(ENOMEM));
    return p;
}

static void read_file(struct file *f)
{
    FILE *in = fopen(f->path, "rb");
    if (!in || fseek(in, 0, SEEK_END))
        fail(f->path, strerror(errno));
    long size = ftell(in);
    if (size < 0 || fseek(in, 0, SEEK_SET))
        fail(f->path, strerror(errno));
    f->len = (size_t)size;
    f->data = checked(malloc(f->len + 1));
    if (fread(f->data, 1, f->len, in) != f->len)
        fail(f->path, "it changed while it was read");
    fclose(in);
}

/* A gzip member without time or name: the same input gives the same bytes. */
static void compress_file(struct file *f)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        fail(f->path, "zlib does not start");
    size_t room = deflateBound(&z, f->len);
    f->gzip = checked(malloc(room));
    z.next_in = f->data;
    z.avail_in = (uInt)f->len;
    z.next_out = f->gzip;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        fail(f->path, "zlib cannot compress it");
    f->gzip_len = z.total_out;
    deflateEnd(&z);
    if (f->gzip_len >= f->len) {
        free(f->gzip);
        f->gzip = NULL;
        f->gzip_len = 0;
    }
}

static void name_file(const struct job *job, struct file *f)
{
    char *root = checked(realpath(job->root, NULL));
    size_t n = strlen(root);
    f->real = checked(realpath(f->path, NULL));
    if (strncmp(f->real, root, n) != 0 || f->real[n] != '/')
        fail(f->path, "it is not under the root");
    f->name = f->real + n + 1;
    free(root);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static void print_bytes(FILE *out, const char *what, size_t i, const unsigned char *p, size_t n)
{
    fprintf(out, "static const unsigned char %s_%zu[] = {\n", what, i);
    for (size_t at = 0; at < n; at++)
        fprintf(out, "%u,%s", p[at], at % BYTES_PER_LINE == BYTES_PER_LINE - 1 ? "\n" : "");
    fprintf(out, "0};\n");
}

static void print_text(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++)
        fprintf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    fputc('"', out);
}

static void print_etag(FILE *out, const struct file *f, const char *suffix)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!EVP_Digest(f->data, f->len, digest, NULL, EVP_sha256(), NULL))
        fail(f->path, "no SHA-256");
    fprintf(out, "\"\\\"");
    for (int i = 0; i < ETAG_BYTES; i++)
        fprintf(out, "%02x", digest[i]);
    fprintf(out, "%s\\\"\"", suffix);
}

static void print_entry(FILE *out, const struct file *f, size_t i)
{
    fprintf(out, "    {");
    print_text(out, f->name);
    fprintf(out, ", data_%zu, %zu, ", i, f->len);
    if (f->gzip)
        fprintf(out, "gzip_%zu, %zu, ", i, f->gzip_len);
    else
        fprintf(out, "NULL, 0, ");
    print_etag(out, f, "");
    fprintf(out, ", ");
    if (f->gzip)
        print_etag(out, f, "-gzip");
    else
        fprintf(out, "NULL");
    fprintf(out, "},\n");
}

static void print_all(const struct job *job)
{
    FILE *out = fopen(job->out, "w");
    if (!out)
        fail(job->out, strerror(errno));
    fprintf(out, "/* Printed by tools/embed.c. */\n#include \"base/embedded.h\"\n\n");
    for (size_t i = 0; i < job->count; i++) {
        print_bytes(out, "data", i, job->files[i].data, job->files[i].len);
        if (job->files[i].gzip)
            print_bytes(out, "gzip", i, job->files[i].gzip, job->files[i].gzip_len);
    }
    fprintf(out, "\nMU_EMBEDDED_DECLARE(%s);\nconst struct mu_embedded %s[] = {\n", job->symbol,
            job->symbol);
    for (size_t i = 0; i < job->count; i++)
        print_entry(out, &job->files[i], i);
    fprintf(out, "    {0}};\nconst size_t %s_count = %zu;\n", job->symbol, job->count);
    if (ferror(out) || fclose(out))
        fail(job->out, strerror(errno));
}

static struct job arguments(int argc, char **argv)
{
    struct job job = {0};
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--gzip") == 0)
            job.gzip = true;
        else if (strcmp(argv[i], "--symbol") == 0 && i + 1 < argc)
            job.symbol = argv[++i];
        else if (strcmp(argv[i], "--root") == 0 && i + 1 < argc)
            job.root = argv[++i];
        else
            fail(argv[i], "unknown option, or its value is missing");
    }
    if (!job.symbol || !job.root || i >= argc)
        fail("usage", "embed [--gzip] --symbol NAME --root DIR OUT.c FILES...");
    job.out = argv[i++];
    job.count = (size_t)(argc - i);
    job.files = checked(calloc(job.count, sizeof *job.files));
    for (size_t n = 0; n < job.count; n++)
        job.files[n].path = argv[i + (int)n];
    return job;
}

int main(int argc, char **argv)
{
    struct job job = arguments(argc, argv);
    for (size_t i = 0; i < job.count; i++) {
        name_file(&job, &job.files[i]);
        read_file(&job.files[i]);
        if (job.gzip)
            compress_file(&job.files[i]);
    }
    qsort(job.files, job.count, sizeof *job.files, by_name);
    print_all(&job);
    for (size_t i = 0; i < job.count; i++) {
        free(job.files[i].data);
        free(job.files[i].gzip);
        free(job.files[i].real);
    }
    free(job.files);
    return 0;
}
