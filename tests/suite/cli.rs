//! The command line, run as a program: exit status, what it prints, what it writes and what it leaves alone.

#[cfg(target_os = "linux")]
mod conflicts;
#[cfg(target_os = "linux")]
mod destinations;
#[cfg(target_os = "linux")]
mod folders;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod names;
#[cfg(target_os = "linux")]
mod sharing;
#[cfg(target_os = "linux")]
mod signals;
#[cfg(target_os = "linux")]
mod streams;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::photos;

#[test]
fn one_photo_to_a_file_is_silent_and_leaves_the_input_alone() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "holiday.jpg", &photos::phone());
    let output = dir.path().join("clean.jpg");
    let run = darkslide(&[&input, "-o".as_ref(), &output]);
    assert_clean_run(&run);
    assert!(run.stdout.is_empty());
    assert_eq!(fs::read(&input).unwrap(), photos::phone());
    let written = fs::read(&output).unwrap();
    assert!(darkslide::verify(&written, &darkslide::Limits::default()).clean);
    assert_eq!(names(dir.path()), ["clean.jpg", "holiday.jpg"], "nothing else is left beside the output");
}

#[test]
fn the_extension_of_the_output_chooses_the_format() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &photos::phone());
    for (name, format) in
        [("out.png", darkslide::Format::Png), ("out.webp", darkslide::Format::Webp), ("out.JPEG", darkslide::Format::Jpeg)]
    {
        let output = dir.path().join(name);
        assert_clean_run(&darkslide(&[&input, "--faces".as_ref(), "keep".as_ref(), "-o".as_ref(), &output]));
        assert_eq!(darkslide::sniff(&fs::read(&output).unwrap()), Ok(format));
    }
    let refused = darkslide(&[&input, "-o".as_ref(), &dir.path().join("out.heic")]);
    assert_eq!(refused.status.code(), Some(2), "a format that cannot be written is wrong usage");
}

#[test]
fn what_can_only_be_stripped_stays_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let clean = crate::forge::clean(darkslide::Format::Heic);
    let input = put(dir.path(), "a.HEIC", &[clean.as_slice(), b"behind the end"].concat());
    let output = dir.path().join("out.heic");
    assert_clean_run(&darkslide(&[&input, "--faces".as_ref(), "keep".as_ref(), "-o".as_ref(), &output]));
    assert_eq!(fs::read(&output).unwrap(), clean);
}

#[test]
fn a_dry_run_prints_the_report_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &photos::phone());
    let run = darkslide(&["--dry-run".as_ref(), &input]);
    assert_clean_run(&run);
    let report = lines(&run.stdout).remove(0);
    assert_eq!(report["version"], 1);
    assert_eq!(report["file"], input.display().to_string());
    assert_eq!(report["facesDetected"], 1);
    assert!(report.get("output").is_none());
    let latitude = report["removed"].as_array().unwrap().iter().find(|removed| removed["path"] == "APP1/Exif/GPS/GPSLatitude");
    assert_eq!(latitude.unwrap()["value"], photos::LATITUDE);
    assert_eq!(names(dir.path()), ["a.jpg"]);
}

#[test]
fn what_is_to_be_kept_is_named_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &photos::phone());
    let output = dir.path().join("out.jpg");
    let run = darkslide(&[
        &input,
        "--faces=keep".as_ref(),
        "--keep=date,coarse-location".as_ref(),
        "--report=-".as_ref(),
        "-o".as_ref(),
        &output,
    ]);
    assert_clean_run(&run);
    let report = lines(&run.stdout).remove(0);
    let asked: Vec<&str> = report["kept"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|kept| kept["why"] == "asked")
        .map(|kept| kept["value"].as_str().unwrap())
        .collect();
    assert_eq!(asked, ["2026:05:17 09:30:12", "51.50000", "-0.10000"]);
    let refused = darkslide(&[&input, "--keep=location".as_ref(), "-o".as_ref(), &output]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn standard_input_to_standard_output() {
    let mut child = command(&["-".as_ref(), "-o".as_ref(), "-".as_ref()]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&photos::phone()).unwrap();
    let run = child.wait_with_output().unwrap();
    assert!(run.status.success());
    assert!(darkslide::verify(&run.stdout, &darkslide::Limits::default()).clean);
}

#[test]
fn broken_photos_are_refused_in_one_line_each_and_the_others_are_done() {
    let dir = tempfile::tempdir().unwrap();
    let photo = photos::phone();
    let broken = [
        ("cut.jpg", photo[..photo.len() / 3].to_vec(), "malformed"),
        ("zip.jpg", b"PK\x03\x04\x14\0\0\0\x08\0not a photo".to_vec(), "unknown-format"),
        ("empty.jpg", Vec::new(), "unknown-format"),
        ("huge.png", photos::huge_png_header(), "limit-exceeded"),
    ];
    let mut inputs: Vec<PathBuf> = broken.iter().map(|(name, bytes, _)| put(dir.path(), name, bytes)).collect();
    inputs.push(put(dir.path(), "good.jpg", &photo));
    inputs.push(dir.path().join("missing.jpg"));
    let out = dir.path().join("out");
    let mut args: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    args.extend([Path::new("--report"), Path::new("-"), Path::new("-o"), &out]);
    let run = darkslide(&args);

    assert_eq!(run.status.code(), Some(1));
    assert_eq!(names(&out), ["good.jpg"], "a refused photo has no output, not even a partial one");
    let errors = String::from_utf8(run.stderr).unwrap();
    assert_eq!(errors.lines().count(), broken.len() + 1, "one line each: {errors}");
    let reports = lines(&run.stdout);
    assert_eq!(reports.len(), inputs.len());
    for ((name, _, code), report) in broken.iter().zip(&reports) {
        let prefix = format!("darkslide: {}: {code}: ", dir.path().join(name).display());
        assert!(errors.lines().any(|line| line.starts_with(&prefix)), "no line starts with {prefix:?}: {errors}");
        assert_eq!(report["error"]["code"], *code);
        assert_eq!(report["version"], 1);
    }
    assert_eq!(reports[4]["output"]["format"], "jpeg");
}

#[test]
fn a_refused_photo_leaves_an_older_output_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "cut.jpg", &photos::phone()[..500]);
    let output = put(dir.path(), "out.jpg", b"older");
    assert_eq!(darkslide(&[&input, "-o".as_ref(), &output]).status.code(), Some(1));
    assert_eq!(fs::read(&output).unwrap(), b"older");
}

#[test]
fn wrong_usage_is_status_2_and_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &photos::phone());
    let input = input.as_path();
    let file = put(dir.path(), "file.txt", b"x");
    let cases: [&[&Path]; 9] = [
        &[],
        &[input],
        &[input, input, Path::new("-o"), &file],
        &[input, Path::new("-o"), input],
        &[input, Path::new("--region"), Path::new("1,2,3"), Path::new("-o"), Path::new("x.jpg")],
        &[input, Path::new("--region"), Path::new("1,2,0,5"), Path::new("-o"), Path::new("x.jpg")],
        &[input, Path::new("--quality"), Path::new("101"), Path::new("-o"), Path::new("x.jpg")],
        &[input, Path::new("--max-side"), Path::new("0"), Path::new("-o"), Path::new("x.jpg")],
        &[input, Path::new("--nonsense")],
    ];
    for case in cases {
        let run = command(case).current_dir(dir.path()).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{case:?}");
        assert!(run.stdout.is_empty(), "{case:?}");
    }
    assert_eq!(names(dir.path()), ["a.jpg", "file.txt"]);
    assert_eq!(fs::read(input).unwrap(), photos::phone());
}

#[test]
fn a_folder_keeps_its_shape_and_two_outputs_never_share_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let photos_dir = dir.path().join("in");
    for name in ["a.jpg", "a.png", "sub/a.jpg", "notes.txt", ".hidden.jpg"] {
        put(&photos_dir, name, &photos::phone());
    }
    let out = dir.path().join("out");
    let args = [photos_dir.as_path(), Path::new("--faces"), Path::new("keep"), Path::new("-j"), Path::new("2"), Path::new("-o"), &out];
    assert_eq!(darkslide(&args).status.code(), Some(0));
    assert_eq!(names(&out), ["a-2.jpg", "a.jpg", "notes.jpg", "sub/a.jpg"], "a.png and notes.txt are JPEGs, and are named so");
}

#[test]
fn anonymous_names_come_from_the_output_alone() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "Anna at home.jpg", &photos::phone());
    let out = dir.path().join("out");
    let run = darkslide(&[&input, "--anonymous-names".as_ref(), "--report".as_ref(), "-".as_ref(), "-o".as_ref(), &out]);
    let report = lines(&run.stdout).remove(0);
    let sha256 = report["output"]["sha256"].as_str().unwrap();
    assert_eq!(names(&out), [format!("photo-{}.jpg", &sha256[..8])]);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &photos::phone());
    let bytes = |name: &str, seed: &str| {
        let output = dir.path().join(name);
        assert_clean_run(&darkslide(&[&input, "--stealth".as_ref(), "--seed".as_ref(), seed.as_ref(), "-o".as_ref(), &output]));
        fs::read(output).unwrap()
    };
    let (one, two, other) = (bytes("1.jpg", "7"), bytes("2.jpg", "7"), bytes("3.jpg", "8"));
    assert_eq!(one, two);
    assert_ne!(one, other);
}

fn darkslide(args: &[&Path]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&Path]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkslide"));
    command.args(args);
    command
}

/// The program run by a shell, in which it is `"$0"` and its arguments are `"$@"`.
#[cfg(target_os = "linux")]
fn shell(script: &str, args: &[&Path]) -> Output {
    Command::new("sh").arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_darkslide")).args(args).output().unwrap()
}

/// The device `/dev/null` or `/dev/full`. Who may replace that, were this program to do so, gets one of the same kind to try it on.
#[cfg(target_os = "linux")]
fn device(dir: &Path, name: &str) -> PathBuf {
    let (path, number) = (dir.join(name), if name == "full" { "7" } else { "3" });
    let made = Command::new("mknod").arg(&path).args(["c", "1", number]).stderr(Stdio::null()).status().unwrap();
    if made.success() { path } else { Path::new("/dev").join(name) }
}

/// A photo that is scrubbed in no time, with `--faces keep`.
#[cfg(target_os = "linux")]
fn small() -> Vec<u8> {
    crate::forge::jpeg_with(&crate::forge::jpeg(), &[crate::forge::segment(0xFE, b"by Anna")])
}

#[cfg(target_os = "linux")]
fn assert_scrubbed(photo: &[u8]) {
    assert!(darkslide::verify(photo, &darkslide::Limits::default()).clean, "{} bytes are not a clean photo", photo.len());
}

#[cfg(target_os = "linux")]
fn errors(run: &Output) -> String {
    String::from_utf8(run.stderr.clone()).unwrap()
}

#[cfg(target_os = "linux")]
const KEEP: &str = "--faces=keep";

fn assert_clean_run(run: &Output) {
    assert!(run.status.success() && run.stderr.is_empty(), "{:?}: {}", run.status, String::from_utf8_lossy(&run.stderr));
}

fn lines(stdout: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// Regular files below a folder, sorted, with `/` between folder and name.
fn names(dir: &Path) -> Vec<String> {
    let files = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/")).collect()
}
