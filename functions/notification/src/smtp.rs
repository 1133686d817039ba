//! Mail over SMTP: for the Lambda entry.

use std::{env, time::Duration};

use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use waxseal::{BoxError, Quoted, error_chain};

use crate::{
    mail_text::Sender,
    mailer::{Mail, Mailer, Undelivered},
};

/// The longest wait for each step of the server.
const TIME_OUT: Duration = Duration::from_secs(20);

/// A mail server; one connection per mail.
#[derive(Debug, Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// A variable that is absent or cannot be read: one line. The value is not quoted, since it may
/// hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}: it is {purpose}, for example {variable}={example}")]
pub struct SmtpError {
    /// The variable.
    pub variable: &'static str,
    problem: &'static str,
    purpose: &'static str,
    example: &'static str,
}

/// A variable's name, its purpose, and an example.
type Variable = (&'static str, &'static str, &'static str);

const URL: Variable = (
    "SMTP_URL",
    "the URL of the mail server (smtps://, smtp:// with ?tls=required, or smtp:// without TLS)",
    "smtps://user:password@mail.example.com",
);
const FROM: Variable = ("MAIL_FROM", "who mails are from", "\"Waxseal <orders@example.com>\"");

fn read<T>(
    (variable, purpose, example): Variable,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, SmtpError> {
    let error = |problem| SmtpError { variable, problem, purpose, example };
    let value = env::var_os(variable).filter(|value| !value.is_empty());
    let value = value.ok_or_else(|| error("is not set"))?;
    value.to_str().and_then(parse).ok_or_else(|| error("cannot be read"))
}

impl Smtp {
    /// The server that `SMTP_URL` names.
    ///
    /// # Errors
    /// One line with the variable to set.
    pub fn from_env() -> Result<Self, SmtpError> {
        read(URL, Self::new)
    }

    fn new(url: &str) -> Option<Self> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.trim()).ok()?;
        Some(Self { transport: builder.timeout(Some(TIME_OUT)).build() })
    }
}

impl Sender {
    /// The sender that `MAIL_FROM` names.
    ///
    /// # Errors
    /// One line with the variable to set.
    pub fn from_env() -> Result<Self, SmtpError> {
        read(FROM, |text| text.parse().ok())
    }
}

impl Mailer for Smtp {
    async fn send(&self, mail: Mail) -> Result<(), Undelivered> {
        self.transport.send(mail.message).await.map(|_| ()).map_err(|error| Undelivered {
            // 5yz: "the same request will never pass" (RFC 5321, 4.2.1).
            permanent: error.is_permanent(),
            source: reason(error),
        })
    }
}

/// The mail server's answer, which quotes addresses. Only the dead letter shows its text.
#[derive(Debug, thiserror::Error)]
#[error("the mail server answered {code}")]
struct Answered {
    /// The reply's three digits.
    code: String,
    source: Quoted,
}

fn reason(error: lettre::transport::smtp::Error) -> BoxError {
    let words = Quoted::new(error_chain(&error));
    match error.status() {
        Some(code) => Answered { code: code.to_string(), source: words }.into(),
        None if error.is_response() => {
            Answered { code: "without a valid reply".to_owned(), source: words }.into()
        }
        // The error is the connection's, and holds no text of the server.
        None => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use lettre::Message;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_mail_server_is_named_by_url_and_an_error_does_not_quote_it() {
        for good in ["smtps://u:p@mail.example.com", "smtp://127.0.0.1:2525", "smtp://h:587?tls=required"] {
            assert!(Smtp::new(good).is_some(), "{good}");
        }
        for bad in ["mail.example.com", "http://mail.example.com", ""] {
            assert!(Smtp::new(bad).is_none(), "{bad}");
        }
        // No environment sets this variable.
        let error = read(("MAIL_FROM_OF_NOBODY", FROM.1, FROM.2), |_| Some(())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "MAIL_FROM_OF_NOBODY is not set: it is who mails are from, for example MAIL_FROM_OF_NOBODY=\"Waxseal <orders@example.com>\""
        );
    }

    /// A mail server for one mail, which answers a recipient with `reply`. It returns what it
    /// received.
    async fn server(listener: TcpListener, outcome: &'static str) -> String {
        let (socket, _) = listener.accept().await.unwrap();
        let (mut received, mut line, mut in_data) = (String::new(), String::new(), false);
        say(&socket, "220 mail.example.com").await;
        loop {
            socket.readable().await.unwrap();
            let mut buffer = [0; 4096];
            let count = match socket.try_read(&mut buffer) {
                Ok(0) => return received,
                Ok(count) => count,
                Err(_) => continue,
            };
            line.push_str(&String::from_utf8_lossy(&buffer[..count]));
            while let Some(end) = line.find("\r\n") {
                let command: String = line.drain(..end + 2).collect();
                received.push_str(&command);
                let answer = match (in_data, command.get(..4).unwrap_or(&command)) {
                    (true, _) if command == ".\r\n" => "250 taken",
                    (true, _) => continue,
                    (false, "EHLO") => "250 8BITMIME",
                    (false, "RCPT") => outcome,
                    (false, "DATA") => "354 go on",
                    (false, "QUIT") => "221 bye",
                    (false, _) => "250 ok",
                };
                in_data = answer.starts_with("354");
                say(&socket, answer).await;
            }
        }
    }

    async fn say(socket: &TcpStream, text: &str) {
        socket.writable().await.unwrap();
        socket.try_write(format!("{text}\r\n").as_bytes()).unwrap();
    }

    #[tokio::test]
    async fn a_mail_goes_to_its_recipient_and_the_server_says_whether_to_try_again() {
        for (outcome, permanent) in
            [("250 ok", None), ("550 no such user here", Some(true)), ("451 try again later", Some(false))]
        {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let smtp = Smtp::new(&format!("smtp://{}", listener.local_addr().unwrap())).unwrap();
            let message = Message::builder()
                .from("Waxseal <orders@waxseal.example>".parse().unwrap())
                .to("Zoë <zoe@example.com>".parse().unwrap())
                .subject("Grüße")
                .body("Ihre Bestellung".to_owned())
                .unwrap();
            let mail = Mail { effect_key: "key-1".to_owned(), message };
            let (sent, received) = tokio::join!(smtp.send(mail), server(listener, outcome));
            let reason = sent.as_ref().err().map(|undelivered| error_chain(undelivered)).unwrap_or_default();
            assert_eq!(reason.is_empty(), permanent.is_none(), "{reason}");
            // The code is shown. The text is not, since it may quote an address.
            assert!(permanent.is_none() || reason.contains(&outcome[..3]), "{reason}");
            assert!(permanent.is_none() || !reason.contains(&outcome[4..]), "{reason}");
            assert_eq!(sent.err().map(|undelivered| undelivered.permanent), permanent);
            assert!(received.contains("RCPT TO:<zoe@example.com>"), "{received}");
            assert_eq!(received.contains("Ihre Bestellung"), permanent.is_none(), "{received}");
        }
    }
}
