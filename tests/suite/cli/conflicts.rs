//! Two things that would go to one place: report, photos and inputs, by any spelling.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use super::{KEEP, assert_clean_run, command, darkslide, errors, lines, names, put, shell, small};

#[test]
fn a_report_never_takes_the_place_of_a_photo() {
    for (report, out) in [
        ("out.jpg", "out.jpg"),
        ("./out.jpg", "out.jpg"),
        ("sub/../out.jpg", "out.jpg"),
        ("ABSOLUTE/out.jpg", "out.jpg"),
        ("here/out.jpg", "out.jpg"),
        ("out.jpg", "here/out.jpg"),
        ("link-to-out.jpg", "out.jpg"),
        ("out.jpg", "link-to-out.jpg"),
        ("link-to-old.jpg", "old.jpg"),
        ("hard-link-of-old.jpg", "old.jpg"),
        ("new/out.jpg", "here/new/out.jpg"),
        ("new/../out.jpg", "out.jpg"),
        ("out/a.jpg", "out/"),
        ("here/out/a.jpg", "out/"),
        ("sub/a.jpg", "link-to-sub"),
        ("sub/old.jpg", "link-to-sub"),
        ("in.jpg", "out.jpg"),
        ("here/in.jpg", "out.jpg"),
        ("link-to-in.jpg", "out.jpg"),
        ("hard-link-of-in.jpg", "out.jpg"),
        ("model.bin", "out.jpg"),
    ] {
        let place = Place::new();
        let report = PathBuf::from(report.replace("ABSOLUTE", &place.dir.path().display().to_string()));
        let input = Path::new(if report.ends_with("old.jpg") && out == "link-to-sub" { "old.jpg" } else { "a.jpg" });
        let model = ["--second-opinion=model.bin", "--sensitivity=thorough"].map(Path::new);
        let args = [Path::new("in.jpg"), input, Path::new(KEEP), "-o".as_ref(), out.as_ref(), "--report".as_ref(), &report];
        // Where -o is a file there is one input.
        let is_file = out.ends_with(".jpg");
        let run = place.run(&[&args[usize::from(!is_file)..=usize::from(!is_file)], &args[2..], &model].concat());
        assert_eq!(run.status.code(), Some(2), "{} and {out}: {}", report.display(), errors(&run));
        assert!(errors(&run).contains("would overwrite"), "{} and {out}: {}", report.display(), errors(&run));
        place.assert_untouched();
    }
}

#[test]
fn no_input_is_an_output_by_any_spelling() {
    for (input, out) in [
        ("in.jpg", "here/in.jpg"),
        ("here/in.jpg", "in.jpg"),
        ("link-to-in.jpg", "in.jpg"),
        ("in.jpg", "new/../in.jpg"),
        ("sub", "sub"),
        ("sub", "link-to-sub"),
        ("sub", "here/sub"),
        ("sub/old.jpg", "link-to-sub"),
    ] {
        let place = Place::new();
        let run = place.run(&[input.as_ref(), KEEP.as_ref(), "-o".as_ref(), out.as_ref()]);
        assert_eq!(run.status.code(), Some(2), "{input} and {out}: {}", errors(&run));
        assert!(errors(&run).contains("would overwrite an input"), "{input} and {out}: {}", errors(&run));
        place.assert_untouched();
    }
}

#[test]
fn an_input_that_another_inputs_output_would_replace_is_safe() {
    let place = Place::new();
    put(place.dir.path(), "far/old.jpg", &small());
    let run = place.run(&["far/old.jpg", "sub/old.jpg", KEEP, "-o", "sub"].map(Path::new));
    assert_eq!(run.status.code(), Some(2), "{}", errors(&run));
    fs::remove_dir_all(place.dir.path().join("far")).unwrap();
    place.assert_untouched();
}

#[test]
fn standard_input_is_an_input_by_its_name() {
    let place = Place::new();
    for args in [["-o", "in.jpg"].as_slice(), &["--dry-run", "--report", "in.jpg"], &["-o", "out.jpg", "--report", "here/in.jpg"]] {
        let input = fs::File::open(place.dir.path().join("in.jpg")).unwrap();
        let run = command(&[Path::new("-")]).args(args).arg(KEEP).current_dir(place.dir.path()).stdin(input).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", errors(&run));
        place.assert_untouched();
    }
}

#[test]
fn photo_and_report_do_not_share_standard_output_by_any_name() {
    let place = Place::new();
    for (photo, report) in [("-", "-"), ("stdout", "-"), ("-", "/dev/fd/1"), ("stdout", "/proc/self/fd/1")] {
        let run = place.run(&["in.jpg", KEEP, "-o", photo, "--report", report].map(Path::new));
        assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0), "{photo} and {report}: {}", errors(&run));
    }
    for (photo, report) in [("-", "out"), ("out", "-")] {
        let script = r#"cd "$1"; shift; exec "$0" "$@" >out"#;
        let run = shell(
            script,
            &[place.dir.path(), "in.jpg".as_ref(), KEEP.as_ref(), "-o".as_ref(), photo.as_ref(), "--report".as_ref(), report.as_ref()],
        );
        assert_eq!(run.status.code(), Some(2), "{photo} and {report}: {}", errors(&run));
        fs::remove_file(place.dir.path().join("out")).unwrap();
    }
    place.assert_untouched();
}

#[test]
fn a_photo_whose_anonymous_name_is_the_reports_is_refused_and_both_are_there() {
    let place = Place::new();
    let args = |out: &str, report: &str| ["in.jpg", KEEP, "--anonymous-names", "-o", out, "--report", report].map(PathBuf::from);
    let run = |args: [PathBuf; 7]| place.run(&args.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    assert_clean_run(&run(args("first", "report.jsonl")));
    let name = names(&place.dir.path().join("first")).remove(0);
    fs::remove_file(place.dir.path().join("report.jsonl")).unwrap();
    fs::remove_dir_all(place.dir.path().join("first")).unwrap();

    let report = place.dir.path().join("out").join(&name);
    let refused = run(args("out", &format!("here/out/{name}")));
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors(&refused).contains("in.jpg: aborted: the output cannot be written: would overwrite the report"), "{}", errors(&refused));
    assert_eq!(lines(&fs::read(&report).unwrap())[0]["error"]["code"], "aborted");
    fs::remove_dir_all(place.dir.path().join("out")).unwrap();
    place.assert_untouched();
}

#[test]
fn a_photo_whose_anonymous_name_is_an_inputs_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let input = put(dir.path(), "a.jpg", &small());
    let out = dir.path().join("out");
    let scrub = |input: &Path| darkslide(&[input, KEEP.as_ref(), "--anonymous-names".as_ref(), "-o".as_ref(), &out]);
    assert_clean_run(&scrub(&input));
    let scrubbed = out.join(names(&out).remove(0));
    let (before, inode) = (fs::read(&scrubbed).unwrap(), fs::metadata(&scrubbed).unwrap().ino());
    // What is clean comes out as it went in, and would have its own name.
    let again = scrub(&scrubbed);
    assert_eq!(again.status.code(), Some(1), "{}", errors(&again));
    assert_eq!((fs::read(&scrubbed).unwrap(), fs::metadata(&scrubbed).unwrap().ino()), (before, inode));
}

#[test]
fn the_same_photo_twice_is_one_file_under_its_anonymous_name() {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["1.jpg", "2.jpg"].map(|name| put(dir.path(), name, &small()));
    let out = dir.path().join("out");
    assert_clean_run(&darkslide(&[&one, &two, KEEP.as_ref(), "--anonymous-names".as_ref(), "-o".as_ref(), &out]));
    assert_eq!(names(&out).len(), 1);
}

#[test]
fn photos_whose_hashes_begin_alike_have_names_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    let photos = ALIKE.map(grey);
    let inputs = [put(dir.path(), "1.png", &photos[0]), put(dir.path(), "2.png", &photos[1])];
    let out = dir.path().join("out");
    assert_clean_run(&darkslide(&[
        &inputs[0],
        &inputs[1],
        KEEP.as_ref(),
        "-j1".as_ref(),
        "--anonymous-names".as_ref(),
        "-o".as_ref(),
        &out,
    ]));
    let mut written: Vec<Vec<u8>> = names(&out).iter().map(|name| fs::read(out.join(name)).unwrap()).collect();
    written.sort();
    let mut photos = photos.to_vec();
    photos.sort();
    assert_eq!(written, photos, "{:?}", names(&out));
    assert_eq!(names(&out), ["photo-1e67514c-2.png", "photo-1e67514c.png"]);
}

/// A folder of names that lead to one another.
struct Place {
    dir: tempfile::TempDir,
    before: Vec<String>,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["in.jpg", "a.jpg"] {
            put(dir.path(), name, &small());
        }
        put(dir.path(), "old.jpg", b"older");
        put(dir.path(), "sub/old.jpg", &small());
        put(dir.path(), "model.bin", b"model");
        for (link, target) in [
            ("here", "."),
            ("link-to-out.jpg", "out.jpg"),
            ("link-to-old.jpg", "old.jpg"),
            ("link-to-in.jpg", "in.jpg"),
            ("link-to-sub", "sub"),
            ("stdout", "/proc/self/fd/1"),
        ] {
            symlink(target, at(link)).unwrap();
        }
        fs::hard_link(at("old.jpg"), at("hard-link-of-old.jpg")).unwrap();
        fs::hard_link(at("in.jpg"), at("hard-link-of-in.jpg")).unwrap();
        let before = everything(dir.path());
        Self { dir, before }
    }

    fn run(&self, args: &[&Path]) -> Output {
        command(args).current_dir(self.dir.path()).stdin(Stdio::null()).output().unwrap()
    }

    fn assert_untouched(&self) {
        assert_eq!(everything(self.dir.path()), self.before);
    }
}

/// All names below a folder, with what each is and holds.
fn everything(dir: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(dir).min_depth(1).sort_by_file_name().into_iter().map(Result::unwrap);
    entries
        .map(|entry| {
            let metadata = entry.metadata().unwrap();
            let content = if metadata.is_file() { fs::read(entry.path()).unwrap() } else { Vec::new() };
            let link = fs::read_link(entry.path()).unwrap_or_default();
            format!("{} {} {:?} {} {content:?}", entry.path().display(), metadata.ino(), entry.file_type(), link.display())
        })
        .collect()
}

/// A clean PNG of four pixels that say a number; it comes out as it went in.
fn grey(number: u32) -> Vec<u8> {
    let header = [0, 0, 0, 4, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
    packed.write_all(&[[0].as_slice(), &number.to_be_bytes()].concat()).unwrap();
    let chunks = [(b"IHDR", header.to_vec()), (b"IDAT", packed.finish().unwrap()), (b"IEND", Vec::new())];
    [b"\x89PNG\r\n\x1a\n".to_vec()].into_iter().chain(chunks.map(|(kind, data)| crate::forge::chunk(kind, &data))).flatten().collect()
}

/// The numbers of two pictures whose SHA-256 begin with the same eight digits.
const ALIKE: [u32; 2] = [54_339, 82_450];
