// Every sentence of the widget, in the order of LANGUAGES. French no-break spaces are put in by `typeset`.

export const LANGUAGES = ["fr", "en", "ar"] as const;
export type Language = (typeof LANGUAGES)[number];

const TABLE = {
  title: ["Poser une question", "Ask a question", "اطرح سؤالًا"],
  intro: [
    "Chaque réponse est une citation exacte des documents, avec sa source.",
    "Every answer is an exact quote from the documents, with its source.",
    "كل جواب اقتباس حرفي من الوثائق مع ذكر مصدره."],
  question: ["Votre question", "Your question", "سؤالك"],
  placeholder: ["Que voulez-vous savoir ?", "What do you want to know?", "ماذا تريد أن تعرف؟"],
  ask: ["Demander", "Ask", "اسأل"],
  close: ["Fermer", "Close", "إغلاق"],
  suggestions: ["Par exemple", "For example", "على سبيل المثال"],
  conversation: ["Conversation", "Conversation", "المحادثة"],
  clear: ["Effacer la conversation", "Clear the conversation", "مسح المحادثة"],
  searching: ["Recherche dans les documents…", "Searching the documents…", "جارٍ البحث في الوثائق…"],
  high: ["Confiance élevée ({percent})", "High confidence ({percent})", "ثقة عالية ({percent})"],
  fair: ["Bonne confiance ({percent})", "Good confidence ({percent})", "ثقة جيدة ({percent})"],
  medium: ["Confiance moyenne ({percent})", "Medium confidence ({percent})", "ثقة متوسطة ({percent})"],
  low: ["Confiance faible ({percent})", "Low confidence ({percent})", "ثقة ضعيفة ({percent})"],
  page: ["page {page}", "page {page}", "الصفحة {page}"],
  range: ["caractères {start} à {end}", "characters {start} to {end}", "الأحرف من {start} إلى {end}"],
  original: ["Document d’origine", "Original document", "الوثيقة الأصلية"],
  newTab: ["(nouvel onglet)", "(new tab)", "(علامة تبويب جديدة)"],
  alsoIn: ["Le même passage se trouve aussi ici :", "The same passage is also here:", "يرد المقطع نفسه هنا أيضًا:"],
  sameDocument: ["Même document", "Same document", "الوثيقة نفسها"],
  nearly: ["presque identique", "nearly the same", "شبه مطابق"],
  alternatives: ["Autres réponses possibles : {count}", "Other possible answers: {count}", "أجوبة أخرى محتملة: {count}"],
  noAnswer: ["Les documents ne le disent pas.", "The documents do not say.", "الوثائق لا تذكر ذلك."],
  closest: [
    "Les passages les plus proches, à titre indicatif ; ce ne sont pas des réponses :",
    "The closest passages, as a pointer; they are not answers:",
    "أقرب المقاطع للاستئناس، وليست أجوبة:"],
  nothing: ["Aucun passage ne s’en approche.", "No passage comes close.", "لا يوجد أي مقطع قريب."],
  copy: ["Copier avec la source", "Copy with citation", "نسخ مع المصدر"],
  quoted: ["« {words} »", "“{words}”", "«{words}»"],
  copied: ["Copié", "Copied", "تم النسخ"],
  notCopied: ["La copie a échoué", "Copying failed", "تعذّر النسخ"],
  helpful: ["Utile", "Helpful", "مفيد"],
  notHelpful: ["Pas utile", "Not helpful", "غير مفيد"],
  thanks: ["Merci, c’est noté.", "Thank you, noted.", "شكرًا، سُجّل رأيك."],
  failed: ["Cela n’a pas abouti.", "That did not work.", "لم تنجح العملية."],
  retry: ["Réessayer", "Try again", "أعد المحاولة"],
  edit: ["Modifier la question", "Edit the question", "عدّل السؤال"],
  unreachable: [
    "Le serveur ne répond pas. Vérifiez votre connexion, puis réessayez.",
    "The server does not reply. Check your connection, then try again.",
    "الخادم لا يستجيب. تحقّق من اتصالك ثم أعد المحاولة."],
  wrongServer: [
    "Aucun service de réponses ne se trouve à l’adresse indiquée. Signalez-le au responsable de ce site.",
    "There is no answering service at the address given. Please tell the owner of this site.",
    "لا توجد خدمة أجوبة في العنوان المحدد. يُرجى إبلاغ المسؤول عن هذا الموقع."],
  tooLong: [
    "La question est trop longue : {count} caractères au plus. Raccourcissez-la.",
    "The question is too long: {count} characters at most. Please shorten it.",
    "السؤال طويل جدًا: الحد الأقصى {count} حرف. يُرجى اختصاره."],
  refused: [
    "Le serveur n’a pas compris la question. Reformulez-la.",
    "The server did not understand the question. Please put it differently.",
    "لم يفهم الخادم السؤال. يُرجى إعادة صياغته."],
  expired: [
    "Votre accès a expiré. Rechargez la page, puis reposez votre question.",
    "Your access has expired. Reload the page, then ask again.",
    "انتهت صلاحية وصولك. أعد تحميل الصفحة ثم اطرح سؤالك من جديد."],
  forbidden: [
    "Ce site n’est pas autorisé à interroger ce serveur. Signalez-le au responsable du site.",
    "This site is not allowed to ask this server. Please tell the owner of the site.",
    "لا يُسمح لهذا الموقع بسؤال هذا الخادم. يُرجى إبلاغ المسؤول عن الموقع."],
  unknownCollection: [
    "Les documents de ce site n’ont pas encore été ajoutés. Signalez-le au responsable du site.",
    "The documents of this site have not been added yet. Please tell the owner of the site.",
    "لم تُضف وثائق هذا الموقع بعد. يُرجى إبلاغ المسؤول عن الموقع."],
  quota: [
    "Vous avez posé beaucoup de questions. Réessayez dans {minutes} min.",
    "You have asked many questions. Try again in {minutes} min.",
    "لقد طرحت أسئلة كثيرة. أعد المحاولة بعد {minutes} د."],
  unavailable: [
    "Le service est momentanément indisponible. Réessayez dans un instant.",
    "The service is unavailable for the moment. Try again shortly.",
    "الخدمة غير متاحة مؤقتًا. أعد المحاولة بعد قليل."],
  broken: [
    "Le serveur a rencontré une erreur ({status}). Réessayez ; si cela persiste, signalez-le au responsable du site.",
    "The server met an error ({status}). Try again; if it persists, please tell the owner of the site.",
    "حدث خطأ في الخادم ({status}). أعد المحاولة، وإن تكرر فأبلغ المسؤول عن الموقع."],
} satisfies Record<string, [string, string, string]>;

export type Key = keyof typeof TABLE;
export type Say = (key: Key, values?: Record<string, string | number>) => string;

/** French spacing: a narrow no-break space before ; ! ? : and inside « ». */
export const typeset = (text: string): string => text.replace(/ ([;!?:»])/g, "\u202f$1").replace(/« /g, "«\u202f");

/** Says sentences in one language; numbers are written the way it does. */
export const sayer = (language: Language): Say => (key, values = {}) => {
  const template: string = TABLE[key][LANGUAGES.indexOf(language)] ?? "";
  return (language === "fr" ? typeset(template) : template).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    if (typeof value === "string") return value;
    return value.toLocaleString(language, name === "percent" ? { style: "percent" } : { useGrouping: name !== "status" });
  });
};

/** The first of ours among language tags such as "fr-CA"; English when there is none. */
export const choose = (...tags: (string | null | undefined)[]): Language =>
  tags.map((tag) => tag?.slice(0, 2).toLowerCase()).map((code) => LANGUAGES.find((one) => one === code)).find(Boolean) ?? "en";
