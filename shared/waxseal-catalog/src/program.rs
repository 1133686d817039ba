//! The program of a function, and the values that each stage brings to it.

/// A function's program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// The Cargo binary.
    pub binary: String,
    /// Its package, from the folder of the templates: `aws cloudformation package` uploads it.
    pub code: String,
    /// Memory in MB; Lambda gives CPU in proportion.
    pub memory: u32,
    /// The longest run in seconds.
    pub timeout: u32,
}

impl Program {
    /// The binary of that name, packaged where `cargo lambda build --output-format zip` leaves it,
    /// as `infra/stacks` sees it: 256 MB, 30 s.
    #[must_use]
    pub fn new(binary: impl Into<String>) -> Self {
        let binary = binary.into();
        let code = format!("../../target/lambda/{binary}/bootstrap.zip");
        Self { binary, code, memory: 256, timeout: 30 }
    }
}

/// An environment variable whose value each stage brings: a parameter of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The environment variable, `PAYMENT_GATEWAY_URL`; the parameter is `PaymentGatewayUrl`.
    pub variable: String,
    /// Its meaning, for the person who deploys.
    pub about: String,
    /// Whether consoles and logs of the deployment hide its value.
    pub secret: bool,
    /// Its value on a stage of `LocalStack`, where the person who deploys gives none.
    pub on_localstack: Option<String>,
}

impl Parameter {
    /// A parameter that is no secret.
    #[must_use]
    pub fn new(variable: impl Into<String>, about: impl Into<String>) -> Self {
        Self { variable: variable.into(), about: about.into(), secret: false, on_localstack: None }
    }

    /// A parameter whose value is hidden.
    #[must_use]
    pub fn secret(variable: impl Into<String>, about: impl Into<String>) -> Self {
        Self { secret: true, ..Self::new(variable, about) }
    }

    /// Its value on a stage of `LocalStack`, where the person who deploys gives none: the address of
    /// a stand-in on the same machine.
    #[must_use]
    pub fn on_localstack(mut self, value: impl Into<String>) -> Self {
        self.on_localstack = Some(value.into());
        self
    }
}
