#!/bin/bash
# SPDX-License-Identifier: MIT
# make.sh [SRC_CLIP|lavfi] [OUT_DIR]
#
# Builds awkward video files for decoder/robustness tests with nothing but
# ffmpeg (>= 5.1), coreutils and python3 (standard library only).
#   SRC_CLIP  any real clip (first 64 frames are used), or the word `lavfi`
#             (the default when no real clip is there): then every file is
#             synthetic, so nothing in OUT_DIR carries anybody's licence.
#   OUT_DIR   default ./awkward
# Deterministic as far as the encoders allow (-threads 1, -bitexact, no date).
# A table is written beside the clips:
#   expected.tsv   file, class, what clact must do
# Classes: ok (every frame, no damage), short (ok, fewer than 16 frames), partial (what can be
# decoded, with the damage reported, or a clean error), error (refused with one line), limit
# (refused with one line, or read within the limits), any (any clean outcome).
set -u
export LC_ALL=C
SRC=${1:-lavfi}
OUT=${2:-awkward}
mkdir -p "$OUT" || exit 1
T=$(mktemp -d "${TMPDIR:-/tmp}/awk.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT
FF="ffmpeg -nostdin -hide_banner -loglevel error -y"
BX="-bitexact -fflags +bitexact -map_metadata -1 -threads 1"
X264="-c:v libx264 -preset veryfast -crf 30 -x264-params threads=1"
E="$OUT/expected.tsv"; : > "$E"
NFAIL=0
note() { printf '%s\t%s\t%s\n' "$1" "$2" "$3" >> "$E"; }
# mk NAME CLASS INTENT -- ffmpeg args (output file name appended)
mk() { local n=$1 c=$2 w=$3; shift 4
  if $FF "$@" "$OUT/$n" 2>"$T/err" && [ -s "$OUT/$n" ]; then note "$n" "$c" "$w"
  else echo "SKIPPED $n: $(head -c 200 "$T/err" | tr '\n' ' ')" >&2; rm -f "$OUT/$n"; NFAIL=$((NFAIL+1)); fi; }

# ---- base: 48 frames 320x240 25 fps, yuv420p, lossless intermediate --------
B="$T/base.mkv"
if [ "$SRC" != lavfi ] && [ -s "$SRC" ]; then
  $FF -i "$SRC" -frames:v 64 -vf "scale=320:240:flags=bicubic,fps=25,format=yuv420p,setsar=1" -an $BX -c:v ffv1 "$B"
else
  $FF -f lavfi -i "testsrc2=s=320x240:r=25:d=3" -frames:v 64 -vf format=yuv420p $BX -c:v ffv1 "$B"
fi
[ -s "$B" ] || { echo "no base clip" >&2; exit 1; }
A="-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2"
N="-frames:v 48 -an $BX"

# ---- 1. plain, one per container/codec --------------------------------------
mk base_h264.mp4        ok "48 frames, the reference of this set" -- -i "$B" $N $X264 -pix_fmt yuv420p
mk h264_bframes.mp4     ok "48 frames in display order (B frames, reordered pts)" -- -i "$B" $N -c:v libx264 -preset veryfast -crf 30 -bf 3 -x264-params threads=1:b-adapt=0:open-gop=1:keyint=12
mk h264_aac.mp4         ok "audio ignored" -- -i "$B" $A -frames:v 48 -shortest $BX $X264 -c:a aac -b:a 32k
mk h264_frag.mp4        ok "fragmented mp4, no stts/nb_frames" -- -i "$B" $N $X264 -movflags frag_keyframe+empty_moov -g 12
mk h264_raw.h264        ok "Annex B elementary stream, no timestamps, no duration" -- -i "$B" $N $X264 -f h264
mk h264.ts              ok "mpegts, pts starts at 1.4 s" -- -i "$B" $N $X264 -f mpegts
mk h264.flv             ok "" -- -i "$B" $N $X264 -f flv
mk hevc.mp4             ok "" -- -i "$B" $N -c:v libx265 -preset ultrafast -crf 34 -x265-params pools=1:frame-threads=1:log-level=error -tag:v hvc1
mk hevc_main10.mkv      ok "yuv420p10le" -- -i "$B" $N -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -crf 34 -x265-params pools=1:frame-threads=1:log-level=error
mk vp8.webm             ok "" -- -i "$B" $N -c:v libvpx -deadline realtime -cpu-used 8 -b:v 150k
mk vp9.webm             ok "" -- -i "$B" $N -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k
mk vp9_10bit.webm       ok "profile 2 yuv420p10le" -- -i "$B" $N -pix_fmt yuv420p10le -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k
mk vp9_alpha.webm       ok "yuva420p: alpha dropped" -- -i "$B" $N -pix_fmt yuva420p -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 150k -auto-alt-ref 0
mk av1.mkv              ok "12 frames" -- -i "$B" -frames:v 12 -an $BX -c:v libaom-av1 -cpu-used 8 -crf 50 -usage realtime
mk mpeg4_xvid.avi       ok "UCF101/HMDB51 container and codec" -- -i "$B" $N -c:v mpeg4 -vtag XVID -q:v 8
mk mpeg4_packedb.avi    ok "MPEG-4 ASP with B frames in avi" -- -i "$B" $N -c:v mpeg4 -vtag DIVX -q:v 8 -bf 2
mk mjpeg.avi            ok "yuvj420p, full range" -- -i "$B" -frames:v 24 -an $BX -pix_fmt yuvj420p -c:v mjpeg -q:v 12
mk mpeg1.mpg            ok "program stream" -- -i "$B" $N -c:v mpeg1video -q:v 10
mk mpeg2_interlaced.ts  ok "interlaced flag (tff): frames taken as coded, no deinterlacing" -- -i "$B" $N -vf setfield=tff -c:v mpeg2video -q:v 10 -flags +ildct+ilme -top 1
mk h264_interlaced.mp4  ok "PAFF/MBAFF interlaced flag" -- -i "$B" $N -vf setfield=tff -c:v libx264 -preset veryfast -crf 30 -flags +ildct+ilme -x264-params threads=1:tff=1
mk theora.ogv           ok "" -- -i "$B" $N -c:v libtheora -q:v 3
mk wmv2.wmv             ok "" -- -i "$B" $N -c:v wmv2 -q:v 10
mk msmpeg4.avi          ok "" -- -i "$B" $N -c:v msmpeg4 -q:v 10
mk flv1.flv             ok "" -- -i "$B" $N -c:v flv -q:v 10
mk h263_176x144.3gp     ok "" -- -i "$B" $N -vf scale=176:144 -c:v h263 -q:v 10 -f 3gp
mk prores_422.mov       ok "yuv422p10le, 6 frames" -- -i "$B" -frames:v 6 -an $BX -c:v prores_ks -profile:v 0 -qscale:v 20
mk dnxhr_422.mov        ok "4 frames" -- -i "$B" -frames:v 4 -an $BX -vf format=yuv422p -c:v dnxhd -profile:v dnxhr_lb
mk ffv1.mkv             ok "lossless: bytes equal the source's, for exact tests" -- -i "$B" -frames:v 16 -an $BX -c:v ffv1 -level 3
mk raw_i420.avi         ok "uncompressed I420" -- -i "$B" -frames:v 6 -an $BX -c:v rawvideo -pix_fmt yuv420p
mk raw.y4m              ok "" -- -i "$B" -frames:v 6 -an $BX -pix_fmt yuv420p -f yuv4mpegpipe
mk gif.gif              ok "bgra/pal8, centisecond timing" -- -i "$B" -frames:v 20 -an $BX -vf "scale=120:90,split[a][b];[a]palettegen[p];[b][p]paletteuse"
mk apng.apng            ok "rgb24/rgba" -- -i "$B" -frames:v 4 -an $BX -vf scale=64:48 -f apng
mk webp_anim.webp       error "ffmpeg 5.1 has no animated-webp decoder: clean error, not a hang" -- -i "$B" -frames:v 6 -an $BX -vf scale=64:48 -c:v libwebp_anim -loop 0
mk still.png            short "an image is a 1-frame clip" -- -i "$B" -frames:v 1 $BX
mk still.jpg            short "an image is a 1-frame clip" -- -i "$B" -frames:v 1 $BX -q:v 5

# ---- 2. pixel formats and sizes ----------------------------------------------
mk h264_10bit.mp4       ok "High10 yuv420p10le" -- -i "$B" $N $X264 -pix_fmt yuv420p10le
mk h264_422.mp4         ok "yuv422p" -- -i "$B" $N $X264 -pix_fmt yuv422p
mk h264_444.mp4         ok "yuv444p" -- -i "$B" $N $X264 -pix_fmt yuv444p
mk h264_gray.mp4        ok "gray" -- -i "$B" $N $X264 -pix_fmt gray
mk h264_rgb.mp4         ok "gbrp" -- -i "$B" -frames:v 16 -an $BX -c:v libx264rgb -preset veryfast -crf 30 -pix_fmt rgb24
mk ffv1_gray16.mkv      ok "gray16le" -- -i "$B" -frames:v 3 -an $BX -vf scale=160:120,format=gray16le -c:v ffv1 -level 3
mk ffv1_bgr0.mkv        ok "bgr0" -- -i "$B" -frames:v 3 -an $BX -vf scale=160:120,format=bgr0 -c:v ffv1 -level 3
mk odd_175x143.avi      ok "odd width and height, 4:2:0" -- -i "$B" $N -vf scale=175:143 -c:v mpeg4 -q:v 8
mk odd_175x143.webm     ok "odd width and height, vp9" -- -i "$B" $N -vf scale=175:143 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 100k
mk odd_175x143_444.mp4  ok "odd, h264 4:4:4" -- -i "$B" $N -vf scale=175:143 $X264 -pix_fmt yuv444p
mk tiny_1x1.mkv         ok "1x1, ffv1 yuv444p: resized up" -- -i "$B" -frames:v 20 -an $BX -vf scale=1:1,format=yuv444p -c:v ffv1 -level 3
mk tiny_2x2.mp4         ok "" -- -i "$B" -frames:v 20 -an $BX -vf scale=2:2 $X264 -pix_fmt yuv420p
mk tall_16x2048.mp4     ok "aspect 1:128; centre crop must not underflow" -- -i "$B" -frames:v 17 -an $BX -vf scale=16:2048,setsar=1 $X264 -pix_fmt yuv420p
mk wide_2048x16.mp4     ok "aspect 128:1" -- -i "$B" -frames:v 17 -an $BX -vf scale=2048:16,setsar=1 $X264 -pix_fmt yuv420p
mk huge_3840x2160.mp4   short "2 frames of 4K" -- -i "$B" -frames:v 2 -an $BX -vf scale=3840:2160:flags=fast_bilinear $X264 -pix_fmt yuv420p
mk flat_8192x8192.mp4   limit "1 frame, 100 MB decoded from a few kB: allowed or refused by --max-pixels, never a crash" -- -f lavfi -i "color=c=gray:s=8192x8192:r=1" -frames:v 1 -an $BX -c:v libx264 -preset ultrafast -crf 40 -x264-params threads=1 -pix_fmt yuv420p
mk anamorphic_par_16_11.mp4 ok "non-square pixels 16:11: the pixel grid is used as stored" -- -i "$B" $N -vf setsar=16/11 $X264 -pix_fmt yuv420p
mk sar_zero.avi         ok "no aspect information" -- -i "$B" $N -vf setsar=0 -c:v mpeg4 -q:v 10

# ---- 3. colour: SMPTE bars with exact tags ---------------------------------
for m in smpte170m:bt601:tv bt709:bt709:tv smpte170m:bt601:pc bt709:bt709:pc bt2020nc:bt2020:tv; do
  IFS=: read -r mt nm rg <<< "$m"
  prim=$mt; trc=$mt; [ $mt = bt2020nc ] && { prim=bt2020; trc=bt2020-10; }
  mk "color_${nm}_${rg}.mp4" ok "colour tags $mt/$rg; RGB bars must decode to the same RGB whatever the tags (within 3)" -- \
    -f lavfi -i "smptebars=s=320x240:r=25" -frames:v 17 -an $BX -vf "format=gbrp,scale=out_color_matrix=${mt/smpte170m/bt601}:out_range=$rg:flags=accurate_rnd+full_chroma_inp+full_chroma_int,format=yuv444p" -c:v libx264 -preset veryfast -qp 0 -x264-params threads=1 -color_range $rg -colorspace $mt -color_primaries $prim -color_trc $trc
done
mk color_untagged_sd.mp4 ok "no tags at all: treated as BT.601 limited (documented rule)" -- -f lavfi -i "smptebars=s=320x240:r=25" -frames:v 17 -an $BX -vf "format=gbrp,scale=out_color_matrix=bt601:out_range=tv:flags=accurate_rnd+full_chroma_inp+full_chroma_int,format=yuv444p" -c:v libx264 -preset veryfast -qp 0 -x264-params threads=1

# ---- 4. time ---------------------------------------------------------------
mk vfr.mp4              ok "variable frame rate, 48 frames; count by frames, times by pts" -- -i "$B" -an $BX -vf "setpts='N/25/TB + 0.02*mod(N\,3)/TB + gt(N\,20)*0.5/TB'" -vsync vfr -frames:v 48 $X264 -pix_fmt yuv420p
mk vfr.mkv              ok "variable frame rate in ms timebase" -- -i "$B" -an $BX -vf "setpts='N/25/TB + 0.013*mod(N\,5)/TB'" -vsync vfr -frames:v 48 $X264 -pix_fmt yuv420p
mk gap_1000s.mkv        ok "one gap of 1000 s between frames 23 and 24: no duplication of frames, no endless loop" -- -i "$B" -an $BX -vf "setpts='N/25/TB + gt(N\,23)*1000/TB'" -vsync passthrough -frames:v 48 $X264 -pix_fmt yuv420p
mk fps_1.mp4            ok "1 fps" -- -r 1 -i "$B" -an $BX -frames:v 20 $X264 -pix_fmt yuv420p
mk fps_1000.mp4         ok "1000 fps" -- -r 1000 -i "$B" -an $BX -frames:v 48 $X264 -pix_fmt yuv420p
mk ntsc_29_97.mp4       ok "30000/1001" -- -r 30000/1001 -i "$B" -an $BX -frames:v 48 $X264 -pix_fmt yuv420p
mk start_offset.mkv     ok "first pts 3600 s" -- -i "$B" $N $X264 -pix_fmt yuv420p -output_ts_offset 3600
for n in 1 2 5 15 16 17 31 32 33; do
  mk "frames_$n.mp4" $([ $n -lt 16 ] && echo short || echo ok) "$n frames; a 16-frame clip loops/pads below 16" -- -i "$B" -frames:v $n -an $BX $X264 -pix_fmt yuv420p
done

# ---- 5. container structure -----------------------------------------------
mk audio_only.m4a       error "no video stream" -- $A $BX -c:a aac -b:a 32k
mk audio_only.mp4       error "no video stream, mp4 extension" -- $A $BX -c:a aac -b:a 32k -f mp4
mk audio_first.mkv      ok "stream 0 is audio, 1 is video" -- $A -i "$B" -map 0:a -map 1:v -frames:v 32 $BX $X264 -c:a libmp3lame -b:a 32k
mk two_videos.mkv       ok "two video streams: the default (first) one, --stream picks" -- -i "$B" -f lavfi -i color=red:s=64x64:r=25 -map 0:v -map 1:v -frames:v 20 -shortest $BX $X264
mk subtitle_track.mkv   ok "subtitle stream ignored" -- -i "$B" -f srt -i <(printf '1\n00:00:00,000 --> 00:00:01,000\nhello\n') -map 0:v -map 1:s -frames:v 20 $BX $X264 -c:s srt
$FF -i "$B" -frames:v 1 -vf scale=64:64 "$T/cover.png" && \
mk cover_art.mp3        error "the only 'video' is an attached picture: say so, do not classify it" -- $A -i "$T/cover.png" -map 0:a -map 1:v $BX -c:a libmp3lame -b:a 32k -c:v copy -disposition:v:0 attached_pic -id3v2_version 3
mk encrypted_cenc.mp4   error "CENC encrypted: decoder errors, clean failure" -- -i "$B" $N $X264 -encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff
# resolution change in mid-stream (TS and raw mpeg4 segments joined)
$FF -i "$B" -frames:v 20 -an $BX $X264 -pix_fmt yuv420p -f mpegts "$T/a.ts"
$FF -i "$B" -frames:v 20 -an $BX -vf scale=160:128 $X264 -pix_fmt yuv420p -f mpegts -output_ts_offset 0.8 "$T/b.ts"
cat "$T/a.ts" "$T/b.ts" > "$OUT/resize_midstream.ts" && note resize_midstream.ts ok "320x240 then 160x128: each frame resized from its own size, or clean error; never read past a plane"
$FF -i "$B" -frames:v 10 -an $BX -pix_fmt yuvj420p -c:v mjpeg -q:v 12 -f mjpeg "$T/a.mjpg"
$FF -i "$B" -frames:v 10 -an $BX -vf scale=200:100 -pix_fmt yuvj444p -c:v mjpeg -q:v 12 -f mjpeg "$T/b.mjpg"
cat "$T/a.mjpg" "$T/b.mjpg" > "$OUT/pixfmt_midstream.mjpg" && note pixfmt_midstream.mjpg ok "yuvj420p 320x240 then yuvj444p 200x100"
# starts on a non-keyframe: drop the first 40 kB of a TS
mk long_gop.ts          ok "keyint 250" -- -i "$B" $N -c:v libx264 -preset veryfast -crf 26 -g 250 -x264-params threads=1 -f mpegts
python3 - "$OUT" <<'P'
import sys,struct,os
o=sys.argv[1]
def rd(n): return open(os.path.join(o,n),'rb').read()
def wr(n,b): open(os.path.join(o,n),'wb').write(b)
E=open(os.path.join(o,'expected.tsv'),'a')
def note(n,c,w): E.write(f"{n}\t{c}\t{w}\n")
d=rd('base_h264.mp4'); n=len(d)
def box(d,path,start=0,end=None):
    end=len(d) if end is None else end
    p=start
    while p+8<=end:
        s,t=struct.unpack('>I4s',d[p:p+8]); h=8
        if s==1: s=struct.unpack('>Q',d[p+8:p+16])[0]; h=16
        if s==0: s=end-p
        if t==path[0].encode():
            if len(path)==1: return p,s,h
            return box(d,path[1:],p+h+(0),p+s)
        p+=max(s,8)
    return None
def patch(b,off,raw): b=bytearray(b); b[off:off+len(raw)]=raw; return bytes(b)
# --- truncated -----------------------------------------------------------
for pc in (1,10,50,90,99): wr(f'trunc_moov_last_{pc}.mp4', d[:n*pc//100]); note(f'trunc_moov_last_{pc}.mp4','error','moov is at the end: nothing decodable')
wr('trunc_8_bytes.mp4', d[:8]); note('trunc_8_bytes.mp4','error','ftyp header only')
a=rd('mpeg4_xvid.avi'); wr('trunc_50.avi',a[:len(a)//2]); note('trunc_50.avi','partial','about half of the frames, then end: frames so far are classified and the result says truncated, exit code says so')
f=rd('h264_frag.mp4'); wr('trunc_frag_60.mp4',f[:len(f)*60//100]); note('trunc_frag_60.mp4','partial','fragmented: first fragments decode')
t=rd('long_gop.ts'); wr('no_keyframe_start.ts', t[188*40:]); note('no_keyframe_start.ts','partial','starts in mid-GOP: no picture before a keyframe; clean error or damaged frames flagged')
v=rd('vp9.webm'); wr('trunc_50.webm',v[:len(v)//2]); note('trunc_50.webm','partial','')
# --- corrupted -------------------------------------------------------------
import random
r=random.Random(20240607)
def noise(b,lo,hi,k):
    b=bytearray(b)
    for _ in range(k): b[r.randrange(lo,hi)]=r.randrange(256)
    return bytes(b)
m=box(d,['mdat']); lo=m[0]+8; hi=m[0]+m[1]
for k in (1,10,100): wr(f'corrupt_mdat_{k}.mp4',noise(d,lo,hi,k)); note(f'corrupt_mdat_{k}.mp4','partial',f'{k} random bytes changed in the coded data: same frame count or fewer, never a crash, damage reported')
q=(lo+hi)//2; wr('zeroed_middle_2k.mp4', d[:q]+b'\0'*2048+d[q+2048:]); note('zeroed_middle_2k.mp4','partial','2 kB of zeros in the middle')
a2=bytearray(a); a2[len(a)//2:len(a)//2+512]=bytes(512); wr('zeroed_middle_512.avi',bytes(a2)); note('zeroed_middle_512.avi','partial','')
mo=box(d,['moov'])
for k in (1,5,25): wr(f'corrupt_moov_{k}.mp4',noise(d,mo[0]+8,mo[0]+mo[1],k)); note(f'corrupt_moov_{k}.mp4','any',f'{k} random bytes changed in moov: any clean outcome')
# --- lying headers -------------------------------------------------------------
st=['moov','trak','mdia','minf','stbl']
def find(name): return box(d,st+[name])
z=find('stsz'); wr('lie_stsz_count.mp4',patch(d,z[0]+16,struct.pack('>I',0x3fffffff))); note('lie_stsz_count.mp4','error','sample count 2^30-1: no allocation of GiBs')
z=find('stts'); wr('lie_stts_delta_zero.mp4',patch(d,z[0]+20,struct.pack('>I',0))); note('lie_stts_delta_zero.mp4','any','all durations 0: no division by zero, no endless loop')
z=find('stco'); wr('lie_stco_out_of_file.mp4',patch(d,z[0]+16,struct.pack('>I',0x7fffffff))); note('lie_stco_out_of_file.mp4','error','first chunk lies past the end of the file')
z=box(d,['moov','mvhd']); wr('lie_timescale_zero.mp4',patch(d,z[0]+20,struct.pack('>I',0))); note('lie_timescale_zero.mp4','any','movie time scale 0')
z=box(d,['moov','trak','mdia','mdhd']); wr('lie_media_timescale_zero.mp4',patch(d,z[0]+20,struct.pack('>I',0))); note('lie_media_timescale_zero.mp4','any','media time scale 0: fps must not become inf/NaN')
# --- display matrix, written bit by bit (the sign of `-metadata rotate=` changed between ffmpeg versions)
z=box(d,['moov','trak','tkhd'])
def mat(a,b,c,e): return struct.pack('>9i',a<<16,b<<16,0,c<<16,e<<16,0,0,0,1<<30)
for nm,mm,w in (('rot_cw90',(0,1,-1,0),'shown turned 90 degrees clockwise (ffprobe says rotation=-90): = transpose=clock'),
                ('rot_180',(-1,0,0,-1),'shown turned 180 degrees'),
                ('rot_cw270',(0,-1,1,0),'shown turned 270 clockwise (ffprobe: rotation=90): = transpose=cclock'),
                ('flip_h',(-1,0,0,1),'mirrored left-right'),('flip_v',(1,0,0,-1),'mirrored top-bottom')):
    wr(nm+'.mp4',patch(d,z[0]+48,mat(*mm))); note(nm+'.mp4','ok',w+'; rule decided in the docs: --autorotate default, off = what the reference loaders do')
wr('rot_45.mp4',patch(d,z[0]+48,struct.pack('>9i',46341,46341,0,-46341,46341,0,0,0,1<<30))); note('rot_45.mp4','ok','45 degrees: not a multiple of 90, ignored with a warning')
z=box(d,['moov','trak','tkhd']); wr('lie_tkhd_matrix_garbage.mp4',patch(d,z[0]+48,b'\x80\0\0\0'*8)); note('lie_tkhd_matrix_garbage.mp4','any','display matrix INT_MIN: rotation is NaN/INT_MIN, must be taken as 0')
z=find('stsd'); p=d.find(b'avc1',z[0]); wr('lie_avc1_65535.mp4',patch(d,p+28,b'\xff\xff\xff\xff')); note('lie_avc1_65535.mp4','any','sample entry says 65535x65535 (SPS says 320x240): believe the decoded frame only')
wr('lie_mdat_size_huge.mp4',patch(d,m[0],b'\x7f\xff\xff\xff')); note('lie_mdat_size_huge.mp4','any','mdat size past the file')
wr('box_size_0_loop.mp4', d[:4*8]+struct.pack('>I4s',0,b'free')+d[32:]); note('box_size_0_loop.mp4','error','box of size 0 (to end of file) before moov')
deep=b''
for i in range(400): deep=struct.pack('>I4s',8+len(deep),b'moov')+deep
wr('nested_400.mp4', d[:box(d,['ftyp'])[1]]+deep); note('nested_400.mp4','error','moov nested 400 deep: no stack overflow')
# fragmented mp4 whose second trun says 80 Mi samples and stores none: stock libavformat 5.1
# builds the whole index, 2.7 GB of RSS from a few kB (found by 25 s of fuzzing)
g=rd('h264_frag.mp4'); t1=g.find(b'trun'); t2=g.find(b'trun',t1+4)
b=patch(g,t2+4,struct.pack('>II',0x00000001,80<<20)); wr('rss_bomb_trun.mp4',b); note('rss_bomb_trun.mp4','limit','2.7 GB of index entries from 27 kB: must end in a clean error under RLIMIT_AS / --max-memory, never in the OOM killer')
# AVI index / header that over-reports frames is trunc_50.avi: header 48, decodable 13: other readers loop here
# GIF bomb: 65535x65535 canvas in 40 bytes
wr('bomb_gif_65535.gif', b'GIF89a'+struct.pack('<HH',65535,65535)+b'\x80\0\0'+b'\0\0\0\xff\xff\xff'+b'\x2c'+struct.pack('<HHHH',0,0,65535,65535)+b'\0'+b'\x02\x02\x4c\x01\0\x3b'); note('bomb_gif_65535.gif','error','16 GiB canvas from 41 bytes: refused before allocation')
# --- not video at all ----------------------------------------------------------
wr('zero_length.mp4',b''); note('zero_length.mp4','error','empty file')
wr('one_byte.mp4',b'\0'); note('one_byte.mp4','error','')
wr('text.mp4',b'this is not a video\n'*50); note('text.mp4','error','')
wr('random_64k.mp4',bytes(r.randrange(256) for _ in range(65536))); note('random_64k.mp4','error','')
wr('zeros_64k.mp4',bytes(65536)); note('zeros_64k.mp4','error','')
wr('elf.mp4',open('/bin/true','rb').read()[:20000]); note('elf.mp4','error','')
wr('wrong_ext.avi',d); note('wrong_ext.avi','ok','an mp4 named .avi: content decides')
wr('noextension',d); note('noextension','ok','no extension')
wr('UPPER.MP4',d); note('UPPER.MP4','ok','')
# names that shells, printf and libavformat's protocol/pattern code misread
for nm in ('with space.mp4','-dash.mp4','percent%03d.mp4','quote\'"$(x).mp4','ünïcödé_日本.mp4','new\nline.mp4','a:b.mp4','[br]{ac}*?.mp4'):
    wr(nm,d); note(nm.replace('\n','\\n'),'ok','name only')
wr('latin1_\udce9.mp4'.encode('utf-8','surrogateescape').decode('utf-8','surrogateescape'),d); note('latin1_\\xe9.mp4','ok','file name that is not UTF-8: JSON output must still be valid')
# playlists that would make a demuxer open OTHER files (must not: only `file` protocol, demuxer whitelist)
wr('hls_playlist.mp4',b'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1.0,\nbase_h264.mp4\n#EXT-X-ENDLIST\n'); note('hls_playlist.mp4','error','HLS text named .mp4: must not open another file or a socket')
wr('concat_script.mp4',b"ffconcat version 1.0\nfile 'base_h264.mp4'\n"); note('concat_script.mp4','error','ffconcat script named .mp4: must not open another file')
E.close()
P
mkdir -p "$OUT/dir.mp4" && note dir.mp4 error "a directory"
ln -sf nowhere.mp4 "$OUT/dangling.mp4" && note dangling.mp4 error "dangling link"
ln -sf loop.mp4 "$OUT/loop.mp4" && note loop.mp4 error "link to itself"
[ -p "$OUT/fifo.mp4" ] || mkfifo "$OUT/fifo.mp4" && note fifo.mp4 error "a FIFO with no writer: open must not block for ever (O_NONBLOCK or S_ISREG check)"
echo "made $(wc -l < "$E") entries, skipped $NFAIL" >&2
