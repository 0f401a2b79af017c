// Every sentence of the interface, in the order of LANGUAGES. No-break spaces in French are put in by `translate`.

export const LANGUAGES = ["fr", "en", "ar"];
export const NAMES = { fr: "Français", en: "English", ar: "العربية" };

const TABLE = {
  language: ["Langue", "Language", "اللغة"],
  headline: ["Vos documents répondent, mot pour mot", "Your documents answer, word for word", "وثائقك تجيب بنصّها"],
  lead: [
    "Posez une question : la réponse est une citation exacte de vos documents, avec sa source, ou l’aveu qu’ils n’en disent rien.",
    "Ask a question: the answer is an exact quote from your documents, with its source, or a plain statement that they do not say.",
    "اطرح سؤالًا: الجواب اقتباس حرفي من وثائقك مع مصدره، أو إقرار صريح بأنها لا تذكره."],
  question: ["Votre question", "Your question", "سؤالك"],
  hint: ["Que voulez-vous savoir ?", "What do you want to know?", "ماذا تريد أن تعرف؟"],
  ask: ["Demander", "Ask", "اسأل"],
  suggestions: ["Par exemple", "For example", "على سبيل المثال"],
  conversation: ["Conversation", "Conversation", "المحادثة"],
  searching: ["Recherche dans les documents…", "Searching the documents…", "جارٍ البحث في الوثائق…"],
  high: ["Confiance élevée ({percent})", "High confidence ({percent})", "ثقة عالية ({percent})"],
  fair: ["Bonne confiance ({percent})", "Good confidence ({percent})", "ثقة جيدة ({percent})"],
  medium: ["Confiance moyenne ({percent})", "Medium confidence ({percent})", "ثقة متوسطة ({percent})"],
  low: ["Confiance faible ({percent})", "Low confidence ({percent})", "ثقة ضعيفة ({percent})"],
  page: ["page {page}", "page {page}", "الصفحة {page}"],
  range: ["caractères {start} à {end}", "characters {start} to {end}", "الأحرف من {start} إلى {end}"],
  original: ["Document d’origine", "Original document", "الوثيقة الأصلية"],
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
  unreachable: [
    "Le serveur ne répond pas. Vérifiez qu’il est en marche, puis réessayez.",
    "The server does not reply. Check that it is running, then try again.",
    "الخادم لا يستجيب. تحقّق من أنه يعمل ثم أعد المحاولة."],
  unexpected: ["Le serveur a répondu par le statut {status}.", "The server replied with status {status}.", "ردّ الخادم بالحالة {status}."],
  retry: ["Réessayer", "Try again", "أعد المحاولة"],
  documents: ["Documents", "Documents", "الوثائق"],
  noDocuments: [
    "Aucun document pour l’instant. Ajoutez-en un pour commencer.",
    "No document yet. Add one to begin.", "لا توجد وثائق بعد. أضف وثيقة للبدء."],
  more: ["Afficher la suite", "Show more", "عرض المزيد"],
  length: ["{count} caractères", "{count} characters", "عدد الأحرف: {count}"],
  pages: ["pages : {count}", "pages: {count}", "الصفحات: {count}"],
  add: ["Ajouter des documents", "Add documents", "أضف وثائق"],
  drop: ["ou déposez-les ici : PDF, Word, HTML, Markdown, texte", "or drop them here: PDF, Word, HTML, Markdown, text",
    "أو أفلتها هنا: PDF أو Word أو HTML أو Markdown أو نص"],
  sending: ["Envoi…", "Sending…", "جارٍ الإرسال…"],
  progress: ["Traitement : {done} sur {total}", "Processing: {done} of {total}", "المعالجة: {done} من {total}"],
  finished: ["Terminé : {done} sur {total}", "Finished: {done} of {total}", "انتهى: {done} من {total}"],
  added: ["Ajouté", "Added", "أُضيف"],
  replaced: ["Remplacé", "Replaced", "استُبدل"],
  unchanged: ["Inchangé", "Unchanged", "بلا تغيير"],
  refused: ["Refusé", "Refused", "مرفوض"],
  dismiss: ["Masquer", "Dismiss", "إخفاء"],
  delete: ["Supprimer", "Delete", "حذف"],
  deleteThis: ["Supprimer ce document ?", "Delete this document?", "أتريد حذف هذه الوثيقة؟"],
  deleteFully: [
    "Il ne sera plus trouvé ni cité. C’est irréversible.", "It will no longer be found or quoted. This cannot be undone.",
    "لن يُعثر عليها ولن تُقتبس بعد ذلك. لا رجعة في هذا."],
  deleted: ["Document supprimé.", "Document deleted.", "حُذفت الوثيقة."],
  cancel: ["Annuler", "Cancel", "إلغاء"],
  back: ["Poser une question", "Ask a question", "اطرح سؤالًا"],
  reference: ["API", "API", "API"],
  loading: ["Chargement…", "Loading…", "جارٍ التحميل…"],
  cited: ["Passage cité : caractères {start} à {end}", "Cited passage: characters {start} to {end}",
    "المقطع المقتبس: الأحرف من {start} إلى {end}"],
  goToCited: ["Aller au passage", "Go to the passage", "انتقل إلى المقطع"],
  outside: [
    "Le lien désigne les caractères {start} à {end}, qui n’existent pas : le texte en compte {length}. Le voici en entier.",
    "The link points to characters {start} to {end}, which do not exist: the text has {length}. Here it is in full.",
    "يشير الرابط إلى الأحرف من {start} إلى {end}، وهي غير موجودة: طول النص {length}. هذا هو كاملًا."],
  older: [
    "Vous lisez la version citée ; le document a changé depuis.", "You are reading the cited version; the document has changed since.",
    "تقرأ النسخة المقتبسة؛ وقد تغيّرت الوثيقة بعدها."],
  current: ["Lire la version actuelle", "Read the current version", "اقرأ النسخة الحالية"],
  forgotten: [
    "La version citée n’est plus conservée. Voici la version actuelle, sans surlignage.",
    "The cited version is no longer kept. Here is the current one, without a highlight.",
    "لم تعد النسخة المقتبسة محفوظة. هذه هي النسخة الحالية دون تظليل."],
  gone: ["Ce document n’est plus ici : il a été supprimé, ou le lien est incomplet.",
    "This document is not here any more: it was deleted, or the link is incomplete.",
    "لم تعد هذه الوثيقة هنا: إما أنها حُذفت أو أن الرابط ناقص."],
};

// Questions that the seed documents answer; each is offered while its document is in the library.
export const SUGGESTIONS = [
  { document: "usine-btr-tanger", language: "fr", question: "Combien d’emplois directs le projet va-t-il créer ?" },
  { document: "usine-btr-tanger", language: "fr", question: "Quand la première phase du projet sera-t-elle opérationnelle ?" },
  { document: "usine-btr-tanger", language: "fr", question: "Quel est le montant du projet BTR ?" },
  { document: "operator-guide", language: "en", question: "What is the default port of the server?" },
  { document: "dalil-extrait", language: "ar", question: "هل يلزم الخدمةَ اتصالٌ بالإنترنت؟" },
];

/** French spacing: narrow before ; ! ?, wide before : and inside « », none of which breaks a line. */
export const typeset = (text) =>
  text.replace(/ ([;!?])/g, "\u202f$1").replace(/ ([:»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");

/** The sentence for a key; numbers are written the way the language does. */
export function translate(language, key, values = {}) {
  const template = TABLE[key][LANGUAGES.indexOf(language)];
  const filled = (_, name) => {
    const value = values[name];
    if (typeof value !== "number") return value;
    return value.toLocaleString(language, name === "percent" ? { style: "percent" } : {});
  };
  return (language === "fr" ? typeset(template) : template).replace(/\{(\w+)\}/g, filled);
}
