// The texts of the page, in English and Russian. The browser's language chooses.

const english = {
  about:
    "A customer's phone for trying Switchboard. Messages sent here appear in the operators' " +
    "console, and their replies appear here.",
  people: "People",
  hint: "Each person has a separate chat, so operators get several sessions.",
  support: "Support",
  chat: "Conversation",
  placeholder: "Message",
  send: "Send",
  attach: "Attach a file by URL",
  askUrl: "URL of the file (http:// or https://)",
  end: "Cancel",
  reply: "Reply",
  edit: "Edit",
  delete: "Delete",
  replying: (text) => `Replying to: ${text}`,
  editing: (text) => `Editing: ${text}`,
  typing: (name) => `${name} is typing…`,
  operator: "An operator",
  file: "File",
  edited: "edited",
  deleted: "Message deleted",
  online: (n) =>
    n === 0
      ? "No operators online"
      : n === 1
        ? "1 operator online"
        : `${n} operators online`,
  connected: "Connected",
  states: {
    kept: "Waiting to be sent",
    sending: "Sending",
    accepted: "Sent",
    confirmed: "Delivered",
    read: "Read",
    failed: "Failed",
  },
  session: {
    opened: "You are in the queue",
    assigned: "An operator has joined",
    closed: "The conversation was closed. Send a message to start a new one",
  },
  links: {
    unconnected: (webhook) =>
      "This phone is not connected to a live chat yet. Connect a channel with the " +
      `webhook ${webhook} and the code that the messenger was started with. If there is such a ` +
      "channel already, reconnect it.",
    unreachable: () => "Switchboard does not respond.",
    disconnected: () => "The channel is disconnected. Reconnect it in Switchboard.",
    rejected: () =>
      "Switchboard rejects the confirmation code. Start the messenger with the channel's code.",
    lost: () => "Connection to the messenger lost. Is `switchboard messenger` running?",
  },
  short: {
    unconnected: "Not connected yet",
    unreachable: "No response",
    disconnected: "Disconnected",
    rejected: "Wrong code",
    lost: "Connection lost",
  },
  kept: (n) =>
    n === 0
      ? ""
      : n === 1
        ? "1 message is waiting to be sent."
        : `${n} messages are waiting to be sent.`,
  unread: (n) => `${n} unread`,
  empty: (name) => `No messages from ${name} yet. Try one of these:`,
  starters: [
    "Hello! Is anyone there?",
    "My order 4711 has not arrived yet.",
    "Do you deliver on Sundays?",
  ],
};

const russianForm = new Intl.PluralRules("ru");
const counted = (n, one, few, many) => `${n} ${{ one, few }[russianForm.select(n)] ?? many}`;

const russian = {
  about:
    "Телефон клиента, чтобы попробовать Switchboard. Написанное здесь приходит в консоль " +
    "операторов, их ответы приходят сюда.",
  people: "Люди",
  hint: "У каждого свой чат, поэтому у оператора будет несколько диалогов.",
  support: "Поддержка",
  chat: "Переписка",
  placeholder: "Сообщение",
  send: "Отправить",
  attach: "Прикрепить файл по ссылке",
  askUrl: "Ссылка на файл (http:// или https://)",
  end: "Отмена",
  reply: "Ответить",
  edit: "Изменить",
  delete: "Удалить",
  replying: (text) => `Ответ на: ${text}`,
  editing: (text) => `Редактирование: ${text}`,
  typing: (name) => `${name} печатает…`,
  operator: "Оператор",
  file: "Файл",
  edited: "изменено",
  deleted: "Сообщение удалено",
  online: (n) =>
    n === 0
      ? "Нет операторов в сети"
      : counted(n, "оператор", "оператора", "операторов") + " в сети",
  connected: "На связи",
  states: {
    kept: "Ожидает отправки",
    sending: "Отправляется",
    accepted: "Отправлено",
    confirmed: "Доставлено",
    read: "Прочитано",
    failed: "Не отправлено",
  },
  session: {
    opened: "Вы в очереди",
    assigned: "Оператор подключился",
    closed: "Разговор закрыт. Напишите, чтобы начать новый",
  },
  links: {
    unconnected: (webhook) =>
      "К этому телефону ещё не подключён чат. Подключите канал с адресом " +
      `${webhook} и кодом, с которым запущен мессенджер. Если такой канал уже есть, ` +
      "переподключите его.",
    unreachable: () => "Switchboard не отвечает.",
    disconnected: () => "Канал отключён. Переподключите его в Switchboard.",
    rejected: () =>
      "Switchboard не принимает код подтверждения. Запустите мессенджер с кодом этого канала.",
    lost: () => "Нет связи с мессенджером. Запущен ли `switchboard messenger`?",
  },
  short: {
    unconnected: "Ещё не подключён",
    unreachable: "Не отвечает",
    disconnected: "Отключён",
    rejected: "Неверный код",
    lost: "Нет связи",
  },
  kept: (n) =>
    n === 0
      ? ""
      : `${counted(n, "сообщение ожидает", "сообщения ожидают", "сообщений ожидают")} отправки.`,
  unread: (n) => counted(n, "непрочитанное", "непрочитанных", "непрочитанных"),
  empty: (name) => `От ${name} ещё нет сообщений. Например:`,
  starters: [
    "Здравствуйте! Есть кто-нибудь?",
    "Мой заказ 4711 ещё не пришёл.",
    "Доставляете по воскресеньям?",
  ],
};

export const language = navigator.language.startsWith("ru") ? "ru" : "en";
export const texts = language === "ru" ? russian : english;
