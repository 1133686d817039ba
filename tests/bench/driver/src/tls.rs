//! The TLS side of the stand-in: an authority that lives as long as one run, and the files by which
//! peers trust it.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

type Error = Box<dyn std::error::Error>;

/// The system's file of trusted authorities. Reading it is part of every start on Lambda.
const SYSTEM: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// The files that peers trust.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    /// The system's authorities and the run's own: for clients that read one file.
    pub(crate) bundle: PathBuf,
    /// The run's own authority alone: for clients that add a file to their built-in ones.
    pub(crate) extra: PathBuf,
}

/// A server for 127.0.0.1 whose authority is written to `folder`.
pub(crate) fn server(folder: &Path) -> Result<(Arc<ServerConfig>, Trust), Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "authority of a benchmark");
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?;
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate()?;
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
    let own = own.signed_by(&key, &issuer)?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![own.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;

    let trust = Trust { bundle: folder.join("bundle.pem"), extra: folder.join("authority.pem") };
    fs::write(&trust.extra, authority.pem())?;
    let mut bundle = fs::File::create(&trust.bundle)?;
    if let Some(system) = SYSTEM.iter().find_map(|path| fs::read(path).ok()) {
        bundle.write_all(&system)?;
    }
    bundle.write_all(authority.pem().as_bytes())?;
    Ok((Arc::new(config), trust))
}
