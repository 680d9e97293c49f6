/* SPDX-License-Identifier: MIT */
/* Parameters and multiply-adds of every built network, and of every layer of four of them, against
 * counts made independently from the published PyTorch modules. */
#include "graph/op.h"
#include "models/models.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct graph *build(const char *name, const char *settings)
{
    struct error err = {0};
    const struct model *m = model_find(name);
    ck_assert_msg(m != NULL, "no model %s", name);
    struct graph *g = model_build(m, settings, NULL, "test.graph", &err);
    ck_assert_msg(g != NULL, "%s %s: %s", name, settings ? settings : "", err.text);
    return g;
}

static const struct {
    const char *name, *settings;
    int64_t parameters;
    double gmac; /* to the three digits that are printed */
} nets[] = {
    {"resnet3d-10", NULL, 14604624, 5.654},
    {"resnet3d-18", NULL, 33235280, 8.296},
    {"resnet3d-18", "shortcut=B", 33409104, 8.308},
    {"resnet3d-34", NULL, 63544912, 12.685},
    {"resnet3d-34", "shortcut=B", 63718736, 12.696},
    {"resnet3d-50", NULL, 47018576, 10.069},
    {"resnet3d-101", NULL, 86064720, 13.891},
    {"resnet3d-152", NULL, 118223440, 18.611},
    {"resnet3d-200", NULL, 127423056, 25.805},
    {"resnet3d-pre-200", NULL, 127419088, 25.805},
    {"resnet3d-wide-50", NULL, 158248272, 26.240},
    {"resnext3d-101", NULL, 48340816, 9.568},
    {"resnext3d-101", "frames=64", 48340816, 38.268},
    {"resnet2p1d-18", NULL, 33421164, 8.477},
    {"resnet2p1d-50", NULL, 47035382, 10.524},
    {"r3d_18", NULL, 33371472, 40.697},
    {"mc3_18", NULL, 11695440, 43.343},
    {"r2plus1d_18", NULL, 31505325, 40.519},
    {"iic-r21d", NULL, 14417116, 21.362},
    {"tao-r2plus1d", NULL, 31351938, 40.519},
    {"tao-two-path", NULL, 33255717 + 11228325, 16.533},
    {"tao-two-path", "down=stride,shortcut=A,appearance=resnet34", 33081893 + 21336485, 11.959},
    {"tao-two-path", "motion=r2plus1d,appearance=resnet50", 31351938 + 23714981, 44.606},
    {"tao-two-path", "motion=i3d,appearance=resnext101", 12390789 + 86949285, 23.395},
    {"tao-two-path", "motion=s3d", 8013573 + 11228325, 6.288},
    {"app-resnet18", NULL, 11228325, 1.814},
    {"app-resnet34", NULL, 21336485, 3.663},
    {"app-resnet50", NULL, 23714981, 4.087},
    {"app-resnext101_32x8d", NULL, 86949285, 16.412},
    {"tao-resnet18", "down=stride,shortcut=A", 33081893, 8.296},
    {"tao-resnet18", "down=stride", 33255717, 8.308},
    {"tao-resnet18", "shortcut=A", 33081893, 14.629},
    {"tao-resnet18", NULL, 33255717, 14.719},
    {"tao-resnet18", "residual=none", 33255717, 14.719},
    {"tao-resnet18", "fea_diff=1", 33255717, 14.719},
    {"chen-p3d", NULL, 32877477, 111.765},
    {"chen-p3d", "stream=rgb", 32951205, 111.765},
    {"chen-p3d", "stream=rgb,stem=64", 32805605, 108.296},
    {"chen-p3d", "attention=0", 21474789, 111.753},
    {"chen-p3d", "feature_residual=0", 25271397, 103.537},
    {"chen-p3d", "attention=0,feature_residual=0", 20200933, 103.532},
    {"chen-p3d-flops", NULL, 17634597, 30.292},
    {"chen-p3d-flops", "stream=rgb", 17708325, 30.292},
    {"chen-p3d-flops", "stream=rgb,stem=64", 17575013, 28.057},
    {"chen-p3d-flops", "attention=0", 6231909, 30.280},
    {"chen-p3d-flops", "feature_residual=0", 10036709, 22.887},
    {"chen-p3d-flops", "attention=0,feature_residual=0", 4966245, 22.882},
    {"chen-p3d-pooled", NULL, 32678949, 30.177},
    {"chen-p3d-pooled", "stream=rgb", 32752677, 30.177},
    {"chen-p3d-pooled", "stream=rgb,stem=64", 32619365, 28.867},
    {"chen-p3d-pooled", "attention=0", 21276261, 30.166},
    {"chen-p3d-pooled", "feature_residual=0", 25081061, 28.227},
    {"chen-p3d-pooled", "attention=0,feature_residual=0", 20010597, 28.222},
    {"chen-p3d-r50", NULL, 53267109, 55.409},
    {"chen-p3d-r50", "stream=rgb", 53340837, 55.409},
    {"chen-p3d-r50", "stream=rgb,stem=64", 53158373, 52.866},
    {"chen-p3d-r50", "attention=0", 41864421, 55.398},
    {"chen-p3d-r50", "feature_residual=0", 41797989, 45.777},
    {"chen-p3d-r50", "attention=0,feature_residual=0", 36727525, 45.772},
    {"chen-3d-r50", NULL, 37817829, 197.622},
    {"chen-3d-r50", "preset=r50,stem_pool=0", 50613477, 245.717},
    {"chen-3d-r50", "preset=r50", 50613477, 69.173},
    {"i3d", NULL, 12697264, 111.153},
    {"i3d", "act=elu,head=window", 12697264, 111.153},
    {"tao-i3d", NULL, 12390789, 6.983},
    {"s3d", NULL, 8320048, 71.916},
    {"s3d", "gating=1", 9508000, 71.917},
    {"s3dg", NULL, 9508000, 71.917},
    {"s3d-torchvision", NULL, 8320048, 143.833},
    {"s3d-torchvision", "frames=16", 8320048, 17.979},
    {"tao-s3d", NULL, 8013573, 4.474},
    {"c3d", NULL, 79991015, 38.549},
    {"c3d", "pool5=pad", 79991015, 38.549},
    {"c3d", "bn=1", 79656464, 38.549},
    {"c3d-bn", NULL, 79656464, 38.549},
    {"bninception", NULL, 11295240, 2.033},
    {"zhao", NULL, 31108559, 36.373},
    {"zhao", "motion_mode=stack,change_mode=stack", 32551311, 31.034},
    {"zhao-224", NULL, 31108559, 43.067},
    {"zhao-static", NULL, 10373765, 7.746},
    {"zhao-static", "pool=late", 10373765, 16.253},
    {"zhao-motion", NULL, 10380229, 16.154},
    {"zhao-motion", "maps=224", 10380229, 22.780},
    {"zhao-motion", "motion_mode=stack", 10417861, 4.673},
    {"zhao-motion", "pair_pool=gradual", 10380229, 9.201},
    {"zhao-change", NULL, 10373765, 15.626},
    {"zhao-change", "change_mode=stack", 11778885, 21.768},
    /* the options that a preset stands for */
    {"chen-p3d", "preset=r50", 53267109, 55.409},
    {"chen-p3d", "expansion=4,stem_pool=1", 53267109, 55.409},
    {"chen-p3d-r50", "expansion=1,depthwise=1,stem_pool=0,shortcut=identity", 17634597, 30.292},
    {"chen-p3d-flops", "stream=residual,stem=64,step=4,last=zero", 17575013, 28.057},
    /* settings that change nothing but names */
    {"resnet3d-10", "depth=18,shortcut=A,width=1", 33235280, 8.296},
    {"resnet18-3d", "width=64,128,256,512", 33235280, 8.296},
    {"slow_r50", NULL, 32454096, 54.521},
    {"c2d_r50", NULL, 24327632, 25.463},
    {"i3d_r50", NULL, 28043472, 37.106},
    {"mmaction_i3d_r50", NULL, 28043472, 33.128},
    {"slowfast_r50", NULL, 34566488, 65.709},
    {"slowfast_r101", NULL, 62826968, 125.906},
    {"x3d_xs", NULL, 3794274, 0.844},
    {"x3d_s", NULL, 3794274, 2.727},
    {"x3d_m", NULL, 3794274, 6.186},
    {"x3d_l", NULL, 6153384, 24.778},
};

START_TEST(totals)
{
    struct graph *g = build(nets[_i].name, nets[_i].settings);
    ck_assert_int_eq(graph_parameters(g), nets[_i].parameters);
    double gmac = round(graph_multiply_adds(g) / 1e6) / 1e3;
    ck_assert_msg(fabs(gmac - nets[_i].gmac) < 1e-9, "%s: %.3f GMAC, expected %.3f", nets[_i].name,
                  gmac, nets[_i].gmac);
    graph_free(&g);
}
END_TEST

/* Every model of the list is built by its name alone. */
START_TEST(list)
{
    int n = 0;
    for (const struct model *m = model_next(NULL); m; m = model_next(m), n++) {
        ck_assert_ptr_eq(model_find(model_name(m)), m);
        struct graph *g = build(model_name(m), NULL);
        ck_assert_str_eq(g->model, model_name(m));
        graph_free(&g);
    }
    ck_assert_int_ge(n, 10);
}
END_TEST

struct layer {
    const char *name, *output; /* C x T x H x W */
    double mmac;
};
static const struct layer resnet3d_18[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.conv1", "64x8x28x28", 693.633},
    {"layer1.0.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv1", "64x8x28x28", 693.633},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer2.0.conv1", "128x4x14x14", 173.408},
    {"layer2.0.conv2", "128x4x14x14", 346.817}, {"layer2.1.conv1", "128x4x14x14", 346.817},
    {"layer2.1.conv2", "128x4x14x14", 346.817}, {"layer3.0.conv1", "256x2x7x7", 86.704},
    {"layer3.0.conv2", "256x2x7x7", 173.408}, {"layer3.1.conv1", "256x2x7x7", 173.408},
    {"layer3.1.conv2", "256x2x7x7", 173.408}, {"layer4.0.conv1", "512x1x4x4", 56.623},
    {"layer4.0.conv2", "512x1x4x4", 113.246}, {"layer4.1.conv1", "512x1x4x4", 113.246},
    {"layer4.1.conv2", "512x1x4x4", 113.246}, {"logits", "400", 0.205},
    {0},
};
static const struct layer resnet3d_50[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.downsample.0", "256x8x28x28", 102.760},
    {"layer1.0.conv1", "64x8x28x28", 25.690}, {"layer1.0.conv2", "64x8x28x28", 693.633},
    {"layer1.0.conv3", "256x8x28x28", 102.760}, {"layer1.1.conv1", "64x8x28x28", 102.760},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv3", "256x8x28x28", 102.760},
    {"layer1.2.conv1", "64x8x28x28", 102.760}, {"layer1.2.conv2", "64x8x28x28", 693.633},
    {"layer1.2.conv3", "256x8x28x28", 102.760}, {"layer2.0.downsample.0", "512x4x14x14", 102.760},
    {"layer2.0.conv1", "128x8x28x28", 205.521}, {"layer2.0.conv2", "128x4x14x14", 346.817},
    {"layer2.0.conv3", "512x4x14x14", 51.380}, {"layer2.1.conv1", "128x4x14x14", 51.380},
    {"layer2.1.conv2", "128x4x14x14", 346.817}, {"layer2.1.conv3", "512x4x14x14", 51.380},
    {"layer2.2.conv1", "128x4x14x14", 51.380}, {"layer2.2.conv2", "128x4x14x14", 346.817},
    {"layer2.2.conv3", "512x4x14x14", 51.380}, {"layer2.3.conv1", "128x4x14x14", 51.380},
    {"layer2.3.conv2", "128x4x14x14", 346.817}, {"layer2.3.conv3", "512x4x14x14", 51.380},
    {"layer3.0.downsample.0", "1024x2x7x7", 51.380}, {"layer3.0.conv1", "256x4x14x14", 102.760},
    {"layer3.0.conv2", "256x2x7x7", 173.408}, {"layer3.0.conv3", "1024x2x7x7", 25.690},
    {"layer3.1.conv1", "256x2x7x7", 25.690}, {"layer3.1.conv2", "256x2x7x7", 173.408},
    {"layer3.1.conv3", "1024x2x7x7", 25.690}, {"layer3.2.conv1", "256x2x7x7", 25.690},
    {"layer3.2.conv2", "256x2x7x7", 173.408}, {"layer3.2.conv3", "1024x2x7x7", 25.690},
    {"layer3.3.conv1", "256x2x7x7", 25.690}, {"layer3.3.conv2", "256x2x7x7", 173.408},
    {"layer3.3.conv3", "1024x2x7x7", 25.690}, {"layer3.4.conv1", "256x2x7x7", 25.690},
    {"layer3.4.conv2", "256x2x7x7", 173.408}, {"layer3.4.conv3", "1024x2x7x7", 25.690},
    {"layer3.5.conv1", "256x2x7x7", 25.690}, {"layer3.5.conv2", "256x2x7x7", 173.408},
    {"layer3.5.conv3", "1024x2x7x7", 25.690}, {"layer4.0.downsample.0", "2048x1x4x4", 33.554},
    {"layer4.0.conv1", "512x2x7x7", 51.380}, {"layer4.0.conv2", "512x1x4x4", 113.246},
    {"layer4.0.conv3", "2048x1x4x4", 16.777}, {"layer4.1.conv1", "512x1x4x4", 16.777},
    {"layer4.1.conv2", "512x1x4x4", 113.246}, {"layer4.1.conv3", "2048x1x4x4", 16.777},
    {"layer4.2.conv1", "512x1x4x4", 16.777}, {"layer4.2.conv2", "512x1x4x4", 113.246},
    {"layer4.2.conv3", "2048x1x4x4", 16.777}, {"logits", "400", 0.819},
    {0},
};
static const struct layer mc3_18[] = {
    {"stem.0", "64x16x56x56", 1416.167}, {"layer1.0.conv1.0", "64x16x56x56", 5549.064},
    {"layer1.0.conv2.0", "64x16x56x56", 5549.064}, {"layer1.1.conv1.0", "64x16x56x56", 5549.064},
    {"layer1.1.conv2.0", "64x16x56x56", 5549.064},
    {"layer2.0.downsample.0", "128x16x28x28", 102.760},
    {"layer2.0.conv1.0", "128x16x28x28", 924.844}, {"layer2.0.conv2.0", "128x16x28x28", 1849.688},
    {"layer2.1.conv1.0", "128x16x28x28", 1849.688}, {"layer2.1.conv2.0", "128x16x28x28", 1849.688},
    {"layer3.0.downsample.0", "256x16x14x14", 102.760},
    {"layer3.0.conv1.0", "256x16x14x14", 924.844}, {"layer3.0.conv2.0", "256x16x14x14", 1849.688},
    {"layer3.1.conv1.0", "256x16x14x14", 1849.688}, {"layer3.1.conv2.0", "256x16x14x14", 1849.688},
    {"layer4.0.downsample.0", "512x16x7x7", 102.760}, {"layer4.0.conv1.0", "512x16x7x7", 924.844},
    {"layer4.0.conv2.0", "512x16x7x7", 1849.688}, {"layer4.1.conv1.0", "512x16x7x7", 1849.688},
    {"layer4.1.conv2.0", "512x16x7x7", 1849.688}, {"logits", "400", 0.205},
    {0},
};
static const struct layer tao_resnet18[] = {
    {"conv1", "64x16x56x56", 3304.391}, {"layer1.0.conv1", "64x8x28x28", 693.633},
    {"layer1.0.conv2", "64x8x28x28", 693.633}, {"layer1.1.conv1", "64x8x28x28", 693.633},
    {"layer1.1.conv2", "64x8x28x28", 693.633}, {"layer2.0.downsample.0", "128x8x28x28", 51.380},
    {"layer2.0.conv1", "128x8x28x28", 1387.266}, {"layer2.0.conv2", "128x8x28x28", 2774.532},
    {"layer2.1.conv1", "128x4x14x14", 346.817}, {"layer2.1.conv2", "128x4x14x14", 346.817},
    {"layer3.0.downsample.0", "256x4x14x14", 25.690}, {"layer3.0.conv1", "256x4x14x14", 693.633},
    {"layer3.0.conv2", "256x4x14x14", 1387.266}, {"layer3.1.conv1", "256x2x7x7", 173.408},
    {"layer3.1.conv2", "256x2x7x7", 173.408}, {"layer4.0.downsample.0", "512x2x7x7", 12.845},
    {"layer4.0.conv1", "512x2x7x7", 346.817}, {"layer4.0.conv2", "512x2x7x7", 693.633},
    {"layer4.1.conv1", "512x1x4x4", 113.246}, {"layer4.1.conv2", "512x1x4x4", 113.246},
    {"logits", "101", 0.052},
    {0},
};
static const struct layer resnet2p1d_18[] = {
    {"conv1_s", "110x16x56x56", 811.346}, {"conv1_t", "64x16x56x56", 2472.673},
    {"layer1.0.conv1_s", "144x8x28x28", 520.225}, {"layer1.0.conv1_t", "64x8x28x28", 173.408},
    {"layer1.0.conv2_s", "144x8x28x28", 520.225}, {"layer1.0.conv2_t", "64x8x28x28", 173.408},
    {"layer1.1.conv1_s", "144x8x28x28", 520.225}, {"layer1.1.conv1_t", "64x8x28x28", 173.408},
    {"layer1.1.conv2_s", "144x8x28x28", 520.225}, {"layer1.1.conv2_t", "64x8x28x28", 173.408},
    {"layer2.0.downsample.0", "128x4x14x14", 6.423}, {"layer2.0.conv1_s", "230x8x14x14", 207.729},
    {"layer2.0.conv1_t", "128x4x14x14", 69.243}, {"layer2.0.conv2_s", "288x4x14x14", 260.112},
    {"layer2.0.conv2_t", "128x4x14x14", 86.704}, {"layer2.1.conv1_s", "288x4x14x14", 260.112},
    {"layer2.1.conv1_t", "128x4x14x14", 86.704}, {"layer2.1.conv2_s", "288x4x14x14", 260.112},
    {"layer2.1.conv2_t", "128x4x14x14", 86.704}, {"layer3.0.downsample.0", "256x2x7x7", 3.211},
    {"layer3.0.conv1_s", "460x4x7x7", 103.864}, {"layer3.0.conv1_t", "256x2x7x7", 34.621},
    {"layer3.0.conv2_s", "576x2x7x7", 130.056}, {"layer3.0.conv2_t", "256x2x7x7", 43.352},
    {"layer3.1.conv1_s", "576x2x7x7", 130.056}, {"layer3.1.conv1_t", "256x2x7x7", 43.352},
    {"layer3.1.conv2_s", "576x2x7x7", 130.056}, {"layer3.1.conv2_t", "256x2x7x7", 43.352},
    {"layer4.0.downsample.0", "512x1x4x4", 2.097}, {"layer4.0.conv1_s", "921x2x4x4", 67.903},
    {"layer4.0.conv1_t", "512x1x4x4", 22.634}, {"layer4.0.conv2_s", "1152x1x4x4", 84.935},
    {"layer4.0.conv2_t", "512x1x4x4", 28.312}, {"layer4.1.conv1_s", "1152x1x4x4", 84.935},
    {"layer4.1.conv1_t", "512x1x4x4", 28.312}, {"layer4.1.conv2_s", "1152x1x4x4", 84.935},
    {"layer4.1.conv2_t", "512x1x4x4", 28.312}, {"logits", "400", 0.205},
    {0},
};
static const struct layer app_resnet18[] = {
    {"conv1", "64x1x112x112", 118.014}, {"layer1.0.conv1", "64x1x56x56", 115.606},
    {"layer1.0.conv2", "64x1x56x56", 115.606}, {"layer1.1.conv1", "64x1x56x56", 115.606},
    {"layer1.1.conv2", "64x1x56x56", 115.606}, {"layer2.0.downsample.0", "128x1x28x28", 6.423},
    {"layer2.0.conv1", "128x1x28x28", 57.803}, {"layer2.0.conv2", "128x1x28x28", 115.606},
    {"layer2.1.conv1", "128x1x28x28", 115.606}, {"layer2.1.conv2", "128x1x28x28", 115.606},
    {"layer3.0.downsample.0", "256x1x14x14", 6.423}, {"layer3.0.conv1", "256x1x14x14", 57.803},
    {"layer3.0.conv2", "256x1x14x14", 115.606}, {"layer3.1.conv1", "256x1x14x14", 115.606},
    {"layer3.1.conv2", "256x1x14x14", 115.606}, {"layer4.0.downsample.0", "512x1x7x7", 6.423},
    {"layer4.0.conv1", "512x1x7x7", 57.803}, {"layer4.0.conv2", "512x1x7x7", 115.606},
    {"layer4.1.conv1", "512x1x7x7", 115.606}, {"layer4.1.conv2", "512x1x7x7", 115.606},
    {"logits", "101", 0.052},
    {0},
};
static const struct layer r2plus1d_18[] = {
    {"stem.0", "45x16x56x56", 331.914}, {"stem.3", "64x16x56x56", 433.521},
    {"layer1.0.conv1.0.0", "144x16x56x56", 4161.798},
    {"layer1.0.conv1.0.3", "64x16x56x56", 1387.266},
    {"layer1.0.conv2.0.0", "144x16x56x56", 4161.798},
    {"layer1.0.conv2.0.3", "64x16x56x56", 1387.266},
    {"layer1.1.conv1.0.0", "144x16x56x56", 4161.798},
    {"layer1.1.conv1.0.3", "64x16x56x56", 1387.266},
    {"layer1.1.conv2.0.0", "144x16x56x56", 4161.798},
    {"layer1.1.conv2.0.3", "64x16x56x56", 1387.266},
    {"layer2.0.downsample.0", "128x8x28x28", 51.380},
    {"layer2.0.conv1.0.0", "230x16x28x28", 1661.829},
    {"layer2.0.conv1.0.3", "128x8x28x28", 553.943}, {"layer2.0.conv2.0.0", "230x8x28x28", 1661.829},
    {"layer2.0.conv2.0.3", "128x8x28x28", 553.943}, {"layer2.1.conv1.0.0", "288x8x28x28", 2080.899},
    {"layer2.1.conv1.0.3", "128x8x28x28", 693.633}, {"layer2.1.conv2.0.0", "288x8x28x28", 2080.899},
    {"layer2.1.conv2.0.3", "128x8x28x28", 693.633},
    {"layer3.0.downsample.0", "256x4x14x14", 25.690},
    {"layer3.0.conv1.0.0", "460x8x14x14", 830.915}, {"layer3.0.conv1.0.3", "256x4x14x14", 276.972},
    {"layer3.0.conv2.0.0", "460x4x14x14", 830.915}, {"layer3.0.conv2.0.3", "256x4x14x14", 276.972},
    {"layer3.1.conv1.0.0", "576x4x14x14", 1040.450}, {"layer3.1.conv1.0.3", "256x4x14x14", 346.817},
    {"layer3.1.conv2.0.0", "576x4x14x14", 1040.450}, {"layer3.1.conv2.0.3", "256x4x14x14", 346.817},
    {"layer4.0.downsample.0", "512x2x7x7", 12.845}, {"layer4.0.conv1.0.0", "921x4x7x7", 415.909},
    {"layer4.0.conv1.0.3", "512x2x7x7", 138.636}, {"layer4.0.conv2.0.0", "921x2x7x7", 415.909},
    {"layer4.0.conv2.0.3", "512x2x7x7", 138.636}, {"layer4.1.conv1.0.0", "1152x2x7x7", 520.225},
    {"layer4.1.conv1.0.3", "512x2x7x7", 173.408}, {"layer4.1.conv2.0.0", "1152x2x7x7", 520.225},
    {"layer4.1.conv2.0.3", "512x2x7x7", 173.408}, {"logits", "400", 0.205},
    {0},
};
static const struct {
    const char *name;
    const struct layer *layers;
} tables[] = {
    {"resnet2p1d-18", resnet2p1d_18},
    {"r2plus1d_18", r2plus1d_18},
    {"app-resnet18", app_resnet18},
    {"resnet3d-18", resnet3d_18},
    {"resnet3d-50", resnet3d_50},
    {"mc3_18", mc3_18},
    {"tao-resnet18", tao_resnet18},
};

static void check_layer(const struct graph *g, const struct layer *l, double *sum)
{
    node_id id = graph_find(g, l->name);
    ck_assert_msg(id != NODE_NONE, "%s: no node %s", g->model, l->name);
    const struct node *n = &g->nodes[id];
    char shape[96] = "";
    for (int d = 1; d < n->shape.rank; d++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%" PRId64,
                 d > 1 ? "x" : "", n->shape.dim[d]);
    ck_assert_str_eq(shape, l->output);
    struct cost c = {0};
    n->op->cost(g, n, &c);
    double mmac = c.multiply_adds / 1e6;
    ck_assert_msg(fabs(mmac - l->mmac) < 0.00051, "%s: %s: %.4f MMAC, expected %.3f", g->model,
                  l->name, mmac, l->mmac);
    *sum += c.multiply_adds;
}

START_TEST(layers)
{
    struct graph *g = build(tables[_i].name, NULL);
    double sum = 0;
    for (const struct layer *l = tables[_i].layers; l->name; l++)
        check_layer(g, l, &sum);
    /* the table is complete: no layer of the graph is missing from it */
    ck_assert_double_eq(sum, graph_multiply_adds(g));
    graph_free(&g);
}
END_TEST

/* Nodes that other parts rely on, and their shapes. */
static const struct {
    const char *model, *settings, *node, *shape;
} shapes[] = {
    {"resnet3d-18", NULL, "frames", "u8[N,3,16,112,112]"},
    {"resnet3d-18", NULL, "input", "f32[N,3,16,112,112]"},
    {"resnet3d-18", NULL, "maxpool", "f32[N,64,8,28,28]"},
    {"resnet3d-18", NULL, "layer4", "f32[N,512,1,4,4]"},
    {"resnet3d-50", NULL, "layer1", "f32[N,256,8,28,28]"},
    {"resnet3d-18", "frames=9,size=48x37", "frames", "u8[N,3,9,48,37]"},
    {"resnet3d-18", "frames=9,size=48x37", "maxpool", "f32[N,64,5,12,10]"},
    {"resnet3d-18", "width=0.0425", "layer4", "f32[N,22,1,4,4]"},
    {"resnet3d-pre-50", NULL, "layer2", "f32[N,512,4,14,14]"},
    {"resnet3d-wide-50", NULL, "conv1", "f32[N,64,16,56,56]"},
    {"resnet3d-wide-50", "stem=128", "maxpool", "f32[N,128,8,28,28]"},
    {"resnext3d-101", NULL, "layer1.0.conv2.weight", "f32[128,4,3,3,3]"},
    {"resnext3d-101", "frames=64", "layer4", "f32[N,2048,4,4,4]"},
    {"resnet2p1d-18", NULL, "conv1_s", "f32[N,110,16,56,56]"},
    {"resnet2p1d-18", NULL, "layer2.0.conv1_s.weight", "f32[230,64,1,3,3]"},
    {"resnet2p1d-18", NULL, "layer2.0.conv2_s.weight", "f32[288,128,1,3,3]"},
    {"r2plus1d_18", NULL, "layer2.0.conv2.0.0.weight", "f32[230,128,1,3,3]"},
    {"tao-r2plus1d", NULL, "normalized", "f32[N,3,17,112,112]"},
    {"resnet18", NULL, "frames", "u8[N,3,1,224,224]"},
    {"resnet18", NULL, "conv1.weight", "f32[64,3,7,7]"},
    {"resnet18", NULL, "layer4", "f32[N,512,1,7,7]"},
    {"resnext101_32x8d", NULL, "layer1.0.conv2.weight", "f32[256,8,3,3]"},
    {"tao-two-path", NULL, "motion.normalized", "f32[N,3,17,112,112]"},
    {"tao-two-path", NULL, "motion.layer4", "f32[N,512,1,4,4]"},
    {"tao-two-path", NULL, "appearance.input", "f32[N,3,1,224,224]"},
    {"tao-two-path", "size=56x64", "appearance.input", "f32[N,3,1,112,128]"},
    {"tao-two-path", "fea_diff=1", "motion.frames", "u8[N,3,16,112,112]"},
    {"tao-two-path", "classes=7", "motion.mean", "f32[1,7]"},
    {"tao-two-path", NULL, "probs", "f32[1,101]"},
    {"r3d_18", NULL, "stem", "f32[N,64,16,56,56]"},
    {"mc3_18", NULL, "layer4", "f32[N,512,16,7,7]"},
    {"tao-resnet18", NULL, "frames", "u8[N,3,17,112,112]"},
    {"tao-resnet18", NULL, "normalized", "f32[N,3,17,112,112]"},
    {"tao-resnet18", NULL, "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "residual=signed,step=3", "normalized", "f32[N,3,19,112,112]"},
    {"tao-resnet18", "residual=half,step=3", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "residual=roll_half", "frames", "u8[N,3,16,112,112]"},
    {"tao-resnet18", "residual=roll_signed", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "fea_diff=1", "input", "f32[N,3,16,112,112]"},
    {"tao-resnet18", "fea_diff=1", "diff", "f32[N,64,15,56,56]"},
    {"tao-resnet18", "fea_diff=1", "layer4", "f32[N,512,1,4,4]"},
    {"tao-resnet18", "classes=7", "logits", "f32[N,7]"},
    {"i3d", NULL, "Mixed_5c", "f32[N,1024,8,7,7]"},
    {"i3d", NULL, "avgpool", "f32[N,1024,7,1,1]"},
    {"i3d", "frames=61,size=225x256", "Mixed_5c", "f32[N,1024,8,8,8]"},
    {"i3d", "frames=11,size=37x30", "avgpool", "f32[N,1024,1,1,1]"},
    {"tao-i3d", NULL, "normalized", "f32[N,3,17,112,112]"},
    {"tao-i3d", NULL, "Mixed_5c", "f32[N,1024,2,4,4]"},
    {"tao-i3d", NULL, "logits", "f32[N,101]"},
    {"s3d", NULL, "base.15", "f32[N,1024,8,7,7]"},
    {"s3d", "frames=61,size=225x256", "base.15", "f32[N,1024,8,7,8]"},
    {"s3d", "frames=61,size=225x256", "avgpool", "f32[N,1024,7,1,1]"},
    {"s3d", "frames=61,size=225x256,head=global", "avgpool", "f32[N,1024,1,1,1]"},
    {"s3d-torchvision", "frames=16,size=256", "avgpool", "f32[N,1024,1,2,2]"},
    {"s3d-torchvision", "frames=14,size=224", "features.13", "f32[N,832,2,7,7]"},
    {"tao-s3d", NULL, "base.15", "f32[N,1024,2,3,3]"},
    {"c3d", NULL, "pool5", "f32[N,512,1,4,4]"},
    {"c3d", "pool5=pad", "pool5", "f32[N,512,1,4,4]"},
    {"c3d", "frames=27,size=50x100", "pool5", "f32[N,512,2,2,3]"},
    {"c3d", "frames=27,size=50x100", "flatten", "f32[N,6144]"},
    {"c3d", "frames=39,size=65x64,pool5=pad", "pool5", "f32[N,512,2,3,3]"},
    {"bninception", NULL, "out_3c", "f32[N,576,1,14,14]"},
    {"bninception", NULL, "feature", "f32[N,1024]"},
    {"zhao", NULL, "cost", "f32[N,225,7,112,112]"},
    {"zhao", NULL, "static.out_5b", "f32[N,1024,1,7,7]"},
    {"zhao", "frames=5", "static.out_4a", "f32[N,576,2,14,14]"},
    {"zhao-224", NULL, "change.input", "f32[N,64,7,112,112]"},
    {"zhao-motion", "motion_mode=stack", "motion.input", "f32[N,14,1,112,112]"},
    {"zhao-change", "change_input=rgb", "disp.resized", "f32[N,2,7,224,224]"},
    {"c3d", "width=0.5", "fc7", "f32[N,2048]"},
    {"c3d", "width=0.5,fc=99", "fc6", "f32[N,99]"},
};

START_TEST(node_shapes)
{
    char buf[96];
    struct graph *g = build(shapes[_i].model, shapes[_i].settings);
    node_id id = graph_find(g, shapes[_i].node);
    ck_assert_msg(id != NODE_NONE, "no node %s", shapes[_i].node);
    ck_assert_str_eq(shape_text(&g->nodes[id].shape, buf), shapes[_i].shape);
    graph_free(&g);
}
END_TEST

/* A line of the printed graph. */
static const struct {
    const char *model, *settings, *line;
} lines[] = {
    {"resnet3d-18", NULL, "\nclip main frames=16 space=short:112,crop:112 filter=pil\n"},
    {"resnet3d-18", "size=48x37", "space=short:48,crop:37x48"},
    {"resnet3d-18", NULL, "mean=114.7748,107.7354,99.475"},
    {"resnet3d-50", NULL, "mean=0.4345,0.4051,0.3775 std=0.2768,0.2713,0.2737"},
    {"resnet3d-18", "norm=hara_new", "scale=0.003921569 mean=0.4345,0.4051,0.3775"},
    {"resnet3d-18", "norm=c3d", "order=bgr"},
    {"r3d_18", NULL, "windows=uniform:5"},
    {"r3d_18", NULL, "fps=15"},
    {"r3d_18", NULL, "size:171x128,crop:112"},
    {"r3d_18", "size=224", "size:342x256,crop:224"},
    {"tao-resnet18", NULL, "windows=even:10"},
    {"i3d", NULL, "mode=same border=zero"},
    {"i3d", NULL, "scale=0.007843138 mean=1 :"},
    {"i3d", NULL, "%Mixed_5c.b0 = relu %Mixed_5c.b0.bn :"},
    {"tao-i3d", NULL, "%Mixed_5c.b0 = elu %Mixed_5c.b0.bn :"},
    {"tao-i3d", NULL, "windows=even:10"},
    {"s3d", NULL, "eps=0.001"},
    {"s3d", NULL, "scale=0.007843138 mean=1 :"},
    {"s3d-torchvision", NULL, "mean=0.43216,0.394666,0.37645"},
    {"s3dg", NULL, "%base.5.gates.0 = channel_scale %base.5.branch0 %base.5.gates.0.sigmoid"},
    {"c3d", NULL, "order=bgr"},
    {"c3d", NULL, "size:171x128,crop:112"},
    {"c3d", NULL, "%pool5 = maxpool3d %relu5b kernel=2 stride=2 mode=ceil :"},
    {"c3d", "pool5=pad", "%pool5 = maxpool3d %relu5b kernel=2 stride=2 pad=0,1,1 :"},
    {"c3d-bn", NULL, "%relu6 = relu %bn6 :"},
    {"bninception", NULL, "windows=tsn:25 space=short:256,crop:224 filter=pil order=bgr"},
    {"bninception", NULL, "%inception_3a_pool = avgpool3d %pool2 kernel=1,3,3 stride=1 pad=0,1,1"},
    {"zhao", NULL, "\nclip main frames=8 windows=tsn:25 "},
    {"zhao", "segments=3", "windows=tsn:3 "},
    {"zhao", "tau=0.05,border=mask", "%disp = displacement %cost tau=0.05 border=mask :"},
    {"zhao", "fusion=probs", "%probs = identity %logits"},
    {"zhao", "change_input=rgb", "gain=2"},
    {"tao-resnet18", NULL, "\nclip main frames=17"},
    {"resnet3d-pre-18", NULL, "mean=114.7748,107.7354,99.475"},
    {"resnet2p1d-18", NULL, "mean=0.4345,0.4051,0.3775 std=0.2768,0.2713,0.2737"},
    {"app-resnet18", NULL,
     "\nclip main frames=1 windows=even:10 space=size:256x256,crop:224 filter=pil\n"},
    {"app-resnet18", NULL, "mean=0.485,0.456,0.406 std=0.229,0.224,0.225"},
    {"tao-r2plus1d", NULL, "%stem = elu %stem.4"},
    {"tao-r2plus1d", NULL,
     "\nclip main frames=17 windows=even:10 space=size:171x128,crop:112 filter=pil\n"},
    {"tao-two-path", NULL,
     "\nclip motion frames=17 windows=even:10 space=size:171x128,crop:112 filter=pil\n"
     "clip appearance frames=1 windows=even:10 space=size:256x256,crop:224 filter=pil\n"},
    {"tao-two-path", NULL, "%motion.mean = mean_windows %motion.probs"},
    {"tao-two-path", NULL, "%probs = average %motion.mean %appearance.mean"},
    {"tao-two-path", NULL, "%motion.act = elu %motion.bn1"},
    {"tao-two-path", NULL, "%appearance.relu = relu %appearance.bn1"},
    {"tao-two-path", "act=relu", "%motion.act = relu %motion.bn1"},
    {"tao-two-path", "motion=r2plus1d", "%motion.stem = elu %motion.stem.4"},
    {"tao-two-path", "norm=hara_new", "%motion.frames scale=0.003921569 mean=0.4345,0.4051,0.3775"},
};

START_TEST(printed)
{
    struct text t = {0};
    struct graph *g = build(lines[_i].model, lines[_i].settings);
    graph_print(g, &t);
    ck_assert_msg(strstr(t.s, lines[_i].line) != NULL, "'%s' not in:\n%.600s", lines[_i].line, t.s);
    text_free(&t);
    graph_free(&g);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/counts");
    TCase *t = tcase_create("all");
    tcase_add_loop_test(t, totals, 0, sizeof nets / sizeof *nets);
    tcase_add_test(t, list);
    tcase_add_loop_test(t, layers, 0, sizeof tables / sizeof *tables);
    tcase_add_loop_test(t, node_shapes, 0, sizeof shapes / sizeof *shapes);
    tcase_add_loop_test(t, printed, 0, sizeof lines / sizeof *lines);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
