// What the page says, in English and Russian. The browser's language chooses.

const english = {
  about:
    "A customer's phone, for trying Switchboard. What is written here arrives at the operators' " +
    "console; what they answer arrives here.",
  people: "Who is writing?",
  hint: "Each of them has a chat of their own, so that an operator has several.",
  support: "Support",
  chat: "Conversation",
  placeholder: "Message",
  send: "Send",
  attach: "Send a link to a file",
  askUrl: "Where is the file? Its address begins with http:// or https://",
  end: "Never mind",
  reply: "Answer this",
  edit: "Change",
  delete: "Take back",
  replying: (text) => `In answer to: ${text}`,
  editing: (text) => `Changing: ${text}`,
  typing: (name) => `${name} is writing…`,
  somebody: "An operator",
  file: "File",
  edited: "changed",
  deleted: "taken back",
  online: (n) =>
    n === 0
      ? "nobody is at the console"
      : n === 1
        ? "1 operator online"
        : `${n} operators online`,
  connected: "connected",
  states: {
    kept: "kept, will be sent",
    sending: "being sent",
    accepted: "Switchboard has it",
    told: "stored in the live chat",
    read: "read by an operator",
    failed: "not sent",
  },
  session: {
    opened: "You are in the queue",
    assigned: "An operator is with you",
    closed: "The conversation was closed. Write to begin another",
  },
  links: {
    unconnected: (webhook) =>
      "No live chat is connected to this phone yet. Connect a channel with the " +
      `webhook ${webhook} and the code that the messenger was started with.`,
    away: () => "Switchboard is away.",
    disconnected: () => "The live chat has disconnected this messenger.",
    lost: () => "The messenger behind this page does not answer. Is it running?",
  },
  short: {
    unconnected: "not connected yet",
    away: "away",
    disconnected: "disconnected",
    lost: "no messenger",
  },
  kept: (n) =>
    n === 0
      ? ""
      : n === 1
        ? "Your message is kept and will be sent."
        : `Your ${n} messages are kept and will be sent.`,
  unread: (n) => `${n} unread`,
  empty: (name) => `${name} has not written yet. For example:`,
  starters: [
    "Hello! Is anybody there?",
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
  people: "Кто пишет?",
  hint: "У каждого свой чат, поэтому у оператора их несколько.",
  support: "Поддержка",
  chat: "Переписка",
  placeholder: "Сообщение",
  send: "Отправить",
  attach: "Отправить ссылку на файл",
  askUrl: "Где лежит файл? Адрес начинается с http:// или https://",
  end: "Отмена",
  reply: "Ответить",
  edit: "Изменить",
  delete: "Удалить",
  replying: (text) => `В ответ на: ${text}`,
  editing: (text) => `Изменение: ${text}`,
  typing: (name) => `${name} печатает…`,
  somebody: "Оператор",
  file: "Файл",
  edited: "изменено",
  deleted: "сообщение удалено",
  online: (n) =>
    n === 0
      ? "у консоли никого нет"
      : counted(n, "оператор", "оператора", "операторов") + " в сети",
  connected: "на связи",
  states: {
    kept: "сохранено, будет отправлено",
    sending: "отправляется",
    accepted: "получено Switchboard",
    told: "сохранено в чате",
    read: "прочитано оператором",
    failed: "не отправлено",
  },
  session: {
    opened: "Вы в очереди",
    assigned: "Оператор с вами",
    closed: "Разговор закрыт. Напишите, чтобы начать новый",
  },
  links: {
    unconnected: (webhook) =>
      "К этому телефону ещё не подключён чат. Подключите канал с адресом " +
      `${webhook} и кодом, с которым запущен мессенджер.`,
    away: () => "Switchboard недоступен.",
    disconnected: () => "Этот мессенджер отключён от чата.",
    lost: () => "Мессенджер этой страницы не отвечает. Он запущен?",
  },
  short: {
    unconnected: "ещё не подключён",
    away: "недоступен",
    disconnected: "отключён",
    lost: "нет мессенджера",
  },
  kept: (n) =>
    n === 0
      ? ""
      : n === 1
        ? "Ваше сообщение сохранено и будет отправлено."
        : `${counted(n, "сообщение сохранено", "сообщения сохранены", "сообщений сохранено")} и ` +
          (russianForm.select(n) === "one" ? "будет отправлено." : "будут отправлены."),
  unread: (n) => counted(n, "непрочитанное", "непрочитанных", "непрочитанных"),
  empty: (name) => `${name} ещё ничего не пишет. Например:`,
  starters: [
    "Здравствуйте! Есть кто-нибудь?",
    "Мой заказ 4711 ещё не пришёл.",
    "Доставляете по воскресеньям?",
  ],
};

export const language = navigator.language.startsWith("ru") ? "ru" : "en";
export const words = language === "ru" ? russian : english;
