/* SPDX-License-Identifier: MIT */
/* A network is built with options, filled with random weights, and imported from these alone: names
 * and shapes must tell the options again, all but those that the import is given. */
#include "tests/models/scratch.h"

static const struct {
    const char *model, *settings, *given;
    const char *found, *assumed; /* in the import's notes; NULL: nothing is asked for */
} trips[] = {
    {"resnet3d-18", "width=0.05,blocks=1,3,2,1", NULL,
     "depth=18 blocks=1,3,2,1 width=3,6,13,26 classes=400 shortcut=A", "assumed: norm=hara_old\n"},
    {"resnet3d-50", "width=0.05,residual=abs", "residual=abs", "depth=50", "assumed: step=1\n"},
    {"resnet3d-pre-18", "width=0.05", NULL, "shortcut=B", "assumed: norm=hara_old\n"},
    {"resnet3d-pre-34", "width=5,5,5,9,shortcut=A", NULL, "width=5,5,5,9", NULL},
    {"resnet3d-pre-50", "width=0.05", NULL, "depth=50", NULL},
    {"resnet3d-pre-200", "width=0.02,classes=9", NULL, "depth=200", NULL},
    {"resnet3d-pre-50", "width=1,1,1,1", NULL, "depth=50 width=1,1,1,1", NULL},
    {"resnet3d-wide-50", "width=0.03125", NULL, "depth=50 width=4,8,16,32 stem=2", NULL},
    {"resnet3d-wide-50", "width=0.03125,stem=4,shortcut=A", NULL, "stem=4", NULL},
    {"resnet3d-wide-50", "depth=152,width=0.02", NULL, "depth=152", NULL},
    {"resnext3d-101", "width=0.03125,cardinality=2", NULL,
     "width=4,8,16,32 stem=2 classes=400 shortcut=B cardinality=2", NULL},
    {"resnext3d-101", "width=0.0625", NULL, "width=8,16,32,64 stem=4 ", NULL},
    {"resnext3d-101", "width=4,6,8,10,cardinality=3,middle=6,6,9,12,stem=7,frames=64", "frames=64",
     "width=4,6,8,10 stem=7 middle=6,6,9,12", NULL},
    {"resnext3d-101", "depth=50,width=0.03125,cardinality=2", NULL, "depth=50", NULL},
    {"resnet2p1d-18", "width=0.05", NULL, "depth=18", "assumed: norm=hara_new\n"},
    {"resnet2p1d-34", "width=3,4,6,8,shortcut=A", NULL, "shortcut=A", NULL},
    {"resnet2p1d-50", "width=0.05", NULL, "depth=50", NULL},
    {"r3d_18", "width=0.05,depth=34", NULL, "depth=34", NULL},
    {"r2plus1d_18", "width=0.05,act=elu", "act=elu", "width=3,6,13,26 stem=2", NULL},
    {"r2plus1d_18", "width=0.05,stem=5,blocks=1,1,2,1", NULL, "blocks=1,1,2,1", NULL},
    {"tao-r2plus1d", "width=0.05", "protocol=tao", "stem=2", "assumed: residual=abs\n"},
    {"tao-r2plus1d", "width=0.05,residual=half", "family=tao-r2plus1d,residual=half", NULL, NULL},
    {"resnet18", "width=0.05", NULL, "depth=18 width=3,6,13,26 classes=1000 cardinality=1", NULL},
    {"resnet34", "width=0.05,classes=7", NULL, "depth=34", "assumed: protocol=imagenet\n"},
    {"resnet50", "width=0.05", NULL, "depth=50", "assumed: frames=1\n"},
    {"resnet50", "width=4,8,16,32,middle=8,16,32,64", NULL, "middle=8,16,32,64", NULL},
    {"resnext101_32x8d", "width=0.125", NULL, "width=8,16,32,64 classes=1000 cardinality=32", NULL},
    {"resnext101_32x8d", "width=0.05,cardinality=2,middle=2,4,8,16", NULL, "middle=2,4,8,16", NULL},
    {"tao-two-path", "width=0.05", NULL,
     "depth=18 width=3,6,13,26,3,6,13,26 classes=101 shortcut=B cardinality=1 motion=resnet "
     "appearance=resnet18",
     "assumed: down=pool\n"},
    {"tao-two-path", "width=2,3,4,5,6,7,8,9,shortcut=A,down=stride,act=relu,depth=34,step=2",
     "down=stride,act=relu,step=2", "depth=34 width=2,3,4,5,6,7,8,9", "assumed: size=112x112\n"},
    {"tao-two-path", "width=0.05,fea_diff=1,appearance=resnet34", "fea_diff=1",
     "appearance=resnet34", "assumed: residual=none\n"},
    {"tao-two-path", "width=0.05,motion=r2plus1d,stem=4,appearance=resnet50", NULL,
     "width=3,6,13,26,3,6,13,26 stem=4 classes=101", "assumed: act=elu\n"},
    {"tao-two-path", "width=0.0625,motion=i3d,appearance=resnext101,cardinality=2", NULL,
     "classes=101 cardinality=2 motion=i3d appearance=resnext101", NULL},
    {"tao-two-path", "width=0.0625,motion=s3d,classes=5", NULL, "motion=s3d", NULL},
    /* the preset that explains the shapes says whether there is a pool */
    {"chen-p3d", "width=0.0625,classes=7", NULL,
     "width=4,8,16,32 stem=4 fc=128 classes=7 shortcut=B stream=both attention=1 "
     "feature_residual=1 baseline3d=0 expansion=1 depthwise=0",
     "assumed: stem_pool=0\n"},
    {"chen-p3d-flops", "width=0.0625", NULL, "shortcut=identity", "assumed: preset=flops\n"},
    {"chen-p3d-flops", "width=0.0625", NULL, "expansion=1 depthwise=1",
     "assumed: last=replicate\n"},
    {"chen-p3d-pooled", "width=0.0625", NULL, "depthwise=0", "assumed: stem_pool=1\n"},
    {"chen-p3d-r50", "width=3,5,11,22,fc=19", NULL, "width=3,5,11,22 stem=3 fc=19", "mask=clip\n"},
    {"chen-p3d-r50", "width=0.05,expansion=3,stem_pool=0", NULL, "expansion=3",
     "assumed: preset=table1\n"},
    {"chen-p3d", "width=0.05,stream=rgb", NULL, "stem=6 fc=102 classes=101 shortcut=B stream=rgb",
     "assumed: step=1\n"},
    {"chen-p3d", "width=0.05,stream=residual,stem=5,step=4", "step=4", "stream=residual", NULL},
    {"chen-p3d", "width=0.05,attention=0", NULL, "attention=0 feature_residual=1", NULL},
    {"chen-p3d", "width=0.05,feature_residual=0", NULL, "attention=1 feature_residual=0", NULL},
    {"chen-p3d-flops", "width=0.05,attention=0,feature_residual=0", NULL,
     "attention=0 feature_residual=0", NULL},
    {"chen-p3d", "width=0.05,mask=frame,last=zero,size=48x36,frames=8",
     "mask=frame,last=zero,size=48x36,frames=8", "baseline3d=0", NULL},
    {"chen-p3d-r50", "width=0.05,stem_pool=0", "stem_pool=0", NULL, "preset=r50"},
    {"chen-p3d", "width=0.05,shortcut=none", "preset=table1,shortcut=none", NULL, NULL},
    /* one channel: dense or depthwise is the same network */
    {"chen-p3d", "width=1,1,1,1", NULL, "depthwise=0", NULL},
    {"chen-3d-r50", "width=0.05", NULL, "baseline3d=1", "assumed: preset=table1\n"},
    {"chen-3d-r50", "width=0.05,preset=r50", NULL, "expansion=4", "assumed: stem_pool=1\n"},
    {"chen-3d-r50", "width=0.05,stream=residual", NULL, "stem=6 fc=102", NULL},
    /* one factor for all widths, found back to where every channel is rounded alike */
    {"i3d", "width=0.0625,classes=13", NULL, "classes=13", "assumed: act=relu\n"},
    {"i3d", "width=0.037", NULL, NULL, "assumed: head=window\n"},
    {"i3d", "width=0.01", NULL, "classes=400", "assumed: norm=i3d\n"},
    {"i3d", "width=1.013,frames=8,size=64", "frames=8,size=64", NULL, "assumed: head=global\n"},
    {"tao-i3d", "width=0.05", "residual=abs,act=elu", "classes=101", "assumed: frames=16\n"},
    {"s3d", "width=0.0625,classes=13", NULL, "classes=13 gating=0", "assumed: norm=s3d\n"},
    {"s3d", "width=0.02,head=global", "head=global", NULL, "assumed: frames=64\n"},
    {"s3dg", "width=0.05", NULL, "gating=1", "assumed: size=224x224\n"},
    {"tao-s3d", "width=0.05", "residual=abs,act=elu", "gating=0", "assumed: protocol=tao\n"},
    {"s3d-torchvision", "width=0.05,frames=16", "frames=16", "classes=400",
     "assumed: norm=torchvision\n"},
    {"c3d", "width=0.03125", NULL, "width=0.03125 fc=128 classes=487 bn=0",
     "assumed: size=112x112\n"},
    {"c3d", "width=0.04,fc=9,size=48,pool5=pad", "pool5=pad", "fc=9", "assumed: size=48x48\n"},
    {"c3d", "width=0.02,frames=39,size=80", "frames=39", NULL, "assumed: pool5=ceil\n"},
    {"c3d", "width=0.02,size=36x50", "size=36x50", NULL, "assumed: norm=c3d\n"},
    {"c3d-bn", "width=0.05", NULL, "classes=400 bn=1", NULL},
    {"slow_r50", "width=0.05,classes=13", NULL, "depth=50 width=3,6,13,26 classes=13",
     "assumed: rate=8\n"},
    {"slow_r50", "width=0.05,depth=101,size=64x80", "size=64x80", "depth=101",
     "assumed: head=global\n"},
    {"slow_r50", "width=4,8,16,33,blocks=1,2,1,3", NULL, "blocks=1,2,1,3 width=4,8,16,33",
     "assumed: head=window\n"},
    {"c2d_r50", "width=0.05", NULL, "depth=50", "assumed: head_window=4,7,7\n"},
    {"i3d_r50", "width=0.05,head=global", "head=global", "depth=50", "assumed: frames=8\n"},
    {"slowfast_r50", "width=0.0625,beta=4,classes=13", NULL,
     "depth=50 width=4,8,16,32 classes=13 bn=1 beta=4 fusion_kernel=7",
     "assumed: head_window=8,7,7,32,7,7\n"},
    {"slowfast_r101", "width=0.25,frames=16,size=48", "frames=16,size=48",
     "depth=101 width=16,32,64,128 classes=400 bn=1 beta=8 fusion_kernel=5", "assumed: alpha=4\n"},
    {"slowfast_r50", "width=9,10,23,34,beta=5,alpha=8,fusion_kernel=3", "alpha=8",
     "beta=5 fusion_kernel=3", "assumed: rate=2\n"},
    {"x3d_xs", "width=0.5,fc=24,classes=13", "frames=4,rate=12,size=182",
     "blocks=3,5,11,7 width=16,24,48,96 stem=16 middle=36,54,108,216 fc=24 classes=13 bn=0",
     "assumed: head_window=4,5,5\n"},
    {"x3d_m", "width=5,6,7,8,middle=3,4,9,10,stem=7,blocks=1,2,1,2", NULL, "stem=7 middle=3,4,9,10",
     "assumed: size=256x256\n"},
    {"x3d_l", "width=0.5", NULL, "blocks=5,10,25,15", "assumed: size=356x356\n"},
};

static void check_text(const struct graph *a, const struct graph *b)
{
    struct text x = {0}, y = {0};
    graph_print(a, &x);
    graph_print(b, &y);
    ck_assert_str_eq(x.s, y.s);
    text_free(&x);
    text_free(&y);
}

START_TEST(round_trip)
{
    const struct model *m = model_find(trips[_i].model);
    ck_assert_msg(m != NULL, "no model %s", trips[_i].model);
    struct model_files files = {"m.safetensors", NULL};
    const char *weights = in_dir("m.safetensors");
    struct graph *built = model_build(m, trips[_i].settings, &files, "test.graph", &err);
    ck_assert_msg(built != NULL, "%s", err.text);
    ck_assert_msg(model_random_weights(built, weights, 1, &err), "%s", err.text);
    ck_assert_msg(import(weights, trips[_i].given), "%s\n%s", err.text,
                  report.misfit.s ? report.misfit.s : "");
    ck_assert_str_eq(report.model, built->model);
    ck_assert_msg(!trips[_i].found || says(&report.notes, trips[_i].found), "%s", report.notes.s);
    ck_assert_msg(!trips[_i].assumed || says(&report.notes, trips[_i].assumed), "%s",
                  report.notes.s);
    struct graph *g = imported();
    check_text(built, g);
    graph_free(&built);
    graph_free(&g);
}
END_TEST

/* What is none of them, and says why. */
static const struct {
    const char *model, *settings;
    struct edit edit;
    const char *given, *message;
} refused[] = {
    {"resnet3d-pre-18",
     "width=0.05",
     {.drop = "layer3.1.bn1.bias"},
     NULL,
     "does not fit resnet3d-pre-18, 1 difference: missing layer3.1.bn1.bias f32[13]"},
    {"resnet3d-pre-18", "width=0.05", {0}, "down=pool", "resnet3d-pre: no option 'down'"},
    {"resnet3d-pre-18", "width=0.05", {0}, "family=resnet3d", "the network wants f32[6]"},
    {"resnet3d-18", "width=0.05", {0}, "family=resnet3d-pre", "the network wants f32[3]"},
    {"resnet3d-18", "width=0.05", {0}, "shortcut=identity", "shortcut=identity: wanted is A or B"},
    {"resnet3d-18", "width=0.05", {0}, "blocks=1,2", "blocks: 2 numbers, the network has 4"},
    {"resnet3d-50", "width=0.05", {0}, "down=pool", "option depth=50: wanted is 10, 18 or 34"},
    {"resnet3d-wide-50",
     "width=0.05",
     {.reshape = "layer4.0.conv3.weight"},
     NULL,
     "layer4.0.conv3.weight has 101 outputs, wanted are multiples of 2"},
    {"resnet3d-wide-50", "width=0.05", {0}, "cardinality=2", "no option 'cardinality'"},
    {"resnext3d-101",
     "width=0.03125,cardinality=2",
     {0},
     "cardinality=3",
     "cardinality=3 does not divide the 4 channels inside the blocks of layer1"},
    {"resnext3d-101",
     "width=0.03125,cardinality=2",
     {0},
     "middle=4,8,15,32",
     "cardinality=2 does not divide the 15 channels inside the blocks of layer3"},
    {"resnet2p1d-18", "width=0.05", {.drop = "layer1.0.conv2_s.weight"}, NULL, "no known network"},
    {"resnet2p1d-18",
     "width=0.05",
     {.drop = "layer2.1.conv1_t.weight"},
     NULL,
     "does not fit resnet2p1d-18, 1 difference: missing layer2.1.conv1_t.weight"},
    {"r2plus1d_18",
     "width=0.05",
     {.drop = "layer2.1.conv1.0.3.weight"},
     NULL,
     "does not fit r2plus1d_18, 1 difference: missing layer2.1.conv1.0.3.weight"},
    {"r2plus1d_18", "width=0.05", {0}, "depth=50", "option depth=50: wanted is 10, 18 or 34"},
    {"r2plus1d_18", "width=0.05", {0}, "family=r3d_18", "no r3d_18 checkpoint"},
    {"resnet18", "width=0.05", {0}, "middle=2,3,4,5", "are for depth=50 and more, not for 18"},
    {"resnet18", "width=0.05", {0}, "act=elu", "resnet2d: no option 'act'"},
    {"resnet18", "width=0.05", {0}, "family=resnet3d", "a tensor 'conv1.weight' of rank 5"},
    {"resnet50",
     "width=0.05",
     {.reshape = "layer1.0.conv3.weight"},
     NULL,
     "layer1.0.conv3.weight has 11 outputs, wanted are multiples of 4"},
    {"tao-two-path",
     "width=0.05",
     {.drop = "appearance.conv1.weight"},
     NULL,
     "surplus appearance.bn1.bias"},
    {"tao-two-path",
     "width=0.05",
     {.drop = "motion.conv1.weight"},
     NULL,
     "motion is no 3D ResNet, R(2+1)D, I3D or S3D"},
    {"tao-two-path",
     "width=0.05",
     {.drop = "motion.bn1.bias"},
     NULL,
     "does not fit tao-two-path, 1 difference: missing motion.bn1.bias f32[3]"},
    {"tao-two-path",
     "width=0.05",
     {.reshape = "motion.fc.weight"},
     NULL,
     "motion has 100 classes, appearance 101"},
    {"tao-two-path", "width=0.05", {.extra = "fusion.weight"}, NULL, "surplus fusion.weight"},
    {"tao-two-path",
     "width=0.05",
     {.rename = "motion.layer1.1.conv1.weight", .to = "motion.layer1.2.conv1.weight"},
     NULL,
     "motion has as many blocks as no known depth"},
    {"tao-two-path",
     "width=0.05",
     {.rename = "appearance.layer1.1.conv1.weight", .to = "appearance.layer1.2.conv1.weight"},
     NULL,
     "appearance is no ResNet-18, -34, -50 or ResNeXt-101"},
    {"tao-two-path", "width=0.05", {0}, "family=resnet3d", "surplus appearance."},
    {"tao-two-path", "width=0.05", {0}, "family=resnet2d", "no resnet2d checkpoint: a tensor"},
    {"tao-two-path", "width=0.05", {0}, "motion=i3d", "motion is no i3d"},
    {"tao-two-path", "width=0.05", {0}, "width=3,4,5", "3 numbers, the paths have 4 stages each"},
    {"tao-two-path",
     "width=0.05,motion=r2plus1d",
     {0},
     "down=pool",
     "tao-two-path with motion=r2plus1d: no option 'down'"},
    {"tao-two-path",
     "width=0.0625,motion=i3d",
     {0},
     "width=1,2,3,4,5,6,7,8",
     "option width: 8 numbers, motion=i3d takes a factor"},
    {"tao-two-path",
     "width=0.0625,motion=i3d",
     {.reshape = "appearance.layer2.0.conv2.weight"},
     NULL,
     "appearance.layer2 has 7 channels, the motion path's width 0.0625 makes them 8"},
    {"chen-p3d", "width=0.05", {.drop = "fc2.weight"}, NULL, "no known network"},
    {"chen-p3d",
     "width=0.05",
     {.drop = "fc1.bias"},
     NULL,
     "1 difference: missing fc1.bias f32[102]"},
    {"chen-p3d",
     "width=0.05",
     {.drop = "conv_s.weight"},
     NULL,
     "stem_rgb.conv_s.weight is missing"},
    {"chen-p3d", "width=0.05", {.drop = "layer1.0.conv3.weight"}, NULL, "conv3.weight is missing"},
    {"chen-p3d",
     "width=0.05",
     {.reshape = "layer1.0.conv3.weight"},
     NULL,
     "layer1.0.conv3.weight makes 2 channels for 3"},
    {"chen-p3d",
     "width=0.05",
     {.reshape = "layer3.2.unit.att.fc.weight"},
     NULL,
     "1 difference: shape layer3.2.unit.att.fc.weight"},
    {"chen-p3d",
     "width=0.05",
     {.rename = "layer4.0.conv1.weight", .to = "x"},
     NULL,
     "layer4.0.conv1.weight is missing"},
    {"chen-p3d", "width=0.05", {0}, "depthwise=1", "the network wants f32[3,1,1,3,3]"},
    {"chen-p3d", "width=0.05", {0}, "shortcut=A", "option shortcut=A: wanted is B"},
    {"chen-p3d", "width=0.05", {0}, "residual=abs", "chen: no option 'residual'; allowed: family"},
    {"chen-3d-r50", "width=0.05", {0}, "attention=1", "option attention=1: with baseline3d=1"},
    {"i3d", "width=0.05", {.reshape = "Mixed_4b.b1b.conv3d.weight"}, NULL, "no one factor makes"},
    {"i3d", "width=0.05", {.drop = "Mixed_5c.b3b.bn.bias"}, NULL, "1 difference: missing Mixed_5c"},
    {"i3d", "width=0.05", {.drop = "Mixed_3b.b1b.conv3d.weight"}, NULL, "no known network"},
    {"i3d", "width=0.05", {0}, "width=3,5", "option width: 2 numbers, wanted is one factor"},
    {"i3d", "width=0.05", {0}, "frames=8,head=window", "the last map is 1x7x7, smaller than the"},
    {"i3d", "width=0.05", {0}, "gating=1", "i3d: no option 'gating'"},
    {"s3d", "width=0.05", {.drop = "gates.3.fc.weight"}, "gating=1", "base.5.gates.0.fc.weight"},
    {"s3dg", "width=0.05", {.drop = "base.15.gates.3.fc.weight"}, NULL, "1 difference: missing"},
    {"s3dg", "width=0.05", {0}, "gating=0", "72 differences"},
    {"s3d", "width=0.05", {0}, "frames=3", "the last map is 0x7x7"},
    {"c3d", "width=0.05", {0}, "size=96", "the network wants f32[205,234]"},
    {"c3d", "width=0.05", {0}, "frames=7", "too small for C3D: least is 8 frames of 16x16"},
    {"c3d", "width=0.05", {0}, "frames=15,pool5=pad", "least is 16 frames of 16x16"},
    {"c3d", "width=0.05", {0}, "width=3,5,11", "option width: 3 numbers, wanted is one factor"},
    {"c3d", "width=0.05", {.drop = "bn1.weight"}, "bn=1", "missing bn1.weight f32[3]"},
    {"c3d-bn", "width=0.05", {.drop = "bn6.bias"}, NULL, "1 difference: missing bn6.bias f32[205]"},
    {"c3d", "width=0.05", {.reshape = "fc7.weight"}, NULL, "1 difference: shape fc7.weight"},
    {"slow_r50", "width=0.05", {0}, "depth=34", "option depth=34: wanted is 50, 101, 152 or 200"},
    {"slow_r50", "width=0.05", {0}, "family=c2d", "blocks.5.res_blocks has 0 blocks"},
    {"slow_r50",
     "width=0.05",
     {.drop = "blocks.2.res_blocks.1.branch2.conv_b.weight"},
     NULL,
     "does not fit slow_r50, 1 difference: missing blocks.2.res_blocks.1.branch2.conv_b.weight"},
    {"i3d_r50", "width=0.05", {0}, "family=slow", "blocks.2.res_blocks has 0 blocks"},
    {"i3d_r50", "width=0.05", {0}, "head_window=1,2", "head_window: 2 numbers, wanted are 3"},
    {"i3d_r50",
     "width=0.05",
     {0},
     "head=global,head_window=1,2,2",
     "head_window needs head=window"},
    {"slowfast_r50", "width=0.125", {0}, "frames=30", "frames=30: wanted are multiples of alpha=4"},
    {"slowfast_r50", "width=0.125", {0}, "fusion_kernel=4", "fusion_kernel=4: wanted is an odd"},
    {"slowfast_r50", "width=0.125", {0}, "beta=16", "option beta=16 leaves none of 8 channels"},
    {"slowfast_r50",
     "width=0.125",
     {.reshape = "blocks.3.multipathway_blocks.1.res_blocks.0.branch2.conv_c.weight"},
     NULL,
     "the fast pathway's channels are no part of the slow one's"},
    {"x3d_m", "width=0.5", {0}, "blocks=1,2", "option blocks: 2 numbers, the network has 4 stages"},
    {"x3d_m",
     "width=0.5",
     {.drop = "blocks.5.pool.post_conv.weight"},
     NULL,
     "blocks.5.pool.post_conv.weight is missing or empty"},
};

START_TEST(refusal)
{
    const struct model *m = model_find(refused[_i].model);
    const char *weights = in_dir("w.safetensors");
    struct graph *built = model_build(m, refused[_i].settings, NULL, "test.graph", &err);
    ck_assert_msg(built != NULL, "%s", err.text);
    ck_assert_msg(model_random_weights(built, weights, 1, &err), "%s", err.text);
    ck_assert(!import(edited(weights, &refused[_i].edit), refused[_i].given));
    ck_assert_msg(strstr(err.text, refused[_i].message) ||
                      says(&report.misfit, refused[_i].message),
                  "%s\n%s", err.text, report.misfit.s ? report.misfit.s : "");
    ck_assert(!exists(in_dir("m.graph")) && !exists(in_dir("m.safetensors")));
    graph_free(&built);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("models/round_trip");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, round_trip, 0, sizeof trips / sizeof *trips);
    tcase_add_loop_test(t, refusal, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
