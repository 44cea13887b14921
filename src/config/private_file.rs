//! A file that only this user can read, removed when its guard is dropped.
//!
//! The mongodb crate takes certificates and keys as paths and reads them again for every server it
//! discovers, so those given in memory have to be on disk while a client lives. A process that is
//! killed leaves its files behind, readable by its user alone. Must not know what it holds.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many names are tried before giving up.
const ATTEMPTS: u32 = 16;

/// Owns a file and removes it on drop.
#[derive(Debug)]
pub(super) struct PrivateFile {
    /// Where the file is.
    path: PathBuf,
}

impl PrivateFile {
    /// Creates a file in the system's directory for temporary files, with mode 0600 on Unix.
    ///
    /// Creation never follows a link and never opens a file that exists, so nobody can prepare one.
    pub(super) fn create(contents: &[u8]) -> io::Result<Self> {
        let directory = std::env::temp_dir();
        for attempt in 0..ATTEMPTS {
            let path = directory.join(name(attempt));
            match open_new(&path) {
                Ok(mut file) => {
                    let created = Self { path };
                    file.write_all(contents)?;
                    return Ok(created);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // Nobody is left to tell: the file may be gone with its directory already.
        let _ = fs::remove_file(&self.path);
    }
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Unlikely to exist; the hasher's keys are random in every process and every call.
fn name(attempt: u32) -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(attempt);
    format!("polypool-{}-{:016x}.pem", std::process::id(), hasher.finish())
}
