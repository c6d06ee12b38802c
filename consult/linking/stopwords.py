"""The commonest words of each language, which say nothing of what a text is about."""

STOPWORDS = {
    "en": """
        a about above after again against all also although am an and any are as at be because been
        before being below between both but by can could did do does doing done down during each
        either else etc ever few for from further get gets got had has have having he her here hers
        him his how however i if in into is it its itself just let like may maybe me might more most
        much must my neither no nor not now of off often on once one only or other our ours out over
        own per please rather same seem seems shall she should since so some still such than that the
        their theirs them then there these they thing things think this those though through thus to
        too under until up upon us use used uses using very via was way we well were what when where
        whether which while who whom whose why will with within without would yet you your yours
        don doesn didn isn aren wasn t s ll ve re m d
    """,
    "fr": """
        a à afin ai ainsi alors après au aucun aucune aussi autre autres aux avant avec avoir ayant
        car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci comme comment dans de
        depuis des donc dont du elle elles en encore entre est et étaient était étant été être eu
        eux fait faut font hors ici il ils je jusqu l la là le les leur leurs lors lorsque lui ma
        mais me même mêmes mes moi moins mon n ne ni nos notre nous on ont ou où par parce pas
        pendant peu peut peuvent plus pour pourquoi puis qu quand que quel quelle quelles quels qui
        quoi s sa sans se selon sera si soi soit son sont sous sur ta te tel telle telles tels tes
        toi ton tous tout toute toutes très tu un une vers voici voilà vos votre vous y
    """,
    "es": """
        a al algo algún alguna algunas alguno algunos ante antes aquel aquella aquellos así aun
        aunque bien cada casi como cómo con contra cual cuales cualquier cuando cuánto de deben debe
        del desde después donde dónde dos durante e el él ella ellas ellos en entre era eran es esa
        esas ese eso esos esta está están estas este esto estos fue fueron ha haber había han hasta
        hay la las le les lo los más me mi mientras mis misma mismo mucho muy nada ni no nos nosotros
        nuestra nuestro o os otra otras otro otros para pero poco por porque pues que qué quien
        quién quienes se sea sean según ser será si sí siempre sin sobre solo sólo son su sus tal
        también tan tanto te tener tiene tienen toda todas todo todos tu un una uno unos usted
        ustedes y ya yo
    """,
    "pt": """
        a à ao aos aquela aquele aqueles aquilo as às até cada com como contra cada da das de dela
        delas dele deles depois desde deve devem do dos e é ela elas ele eles em entre era eram essa
        essas esse esses esta está estão estas este estes eu foi foram há isso isto já la lhe lhes
        lo mais mas me mesma mesmo meu minha muito muita na não nas nem no nos nós nossa nosso num
        numa o onde os ou outra outras outro outros para pela pelas pelo pelos pode podem por porque
        qual qualquer quando que quê quem se seja sejam sem ser será seu seus só sob sobre sua suas
        também tanto tem têm ter toda todas todo todos tu um uma umas uns você vocês
    """,
    "sw": """
        ama au baada bado bila cha chake chao na ni hii hiyo hizo hizi hili hilo haya hayo huo huu
        hao hapa hapo hata hivyo hivi huko humo huyo huyu ila ili ingawa je juu kama kabla kabisa
        kati katika kila kisha ko kutoka kwa kwamba kwenye kuwa la lake lakini lao lazima le mbali
        mimi mno moja mtu mwa mwenye mwingine nani ndani ndio ndiyo nini ninyi pa pale pamoja pia
        sana sasa si sisi tu vya vyake vile wa wake wala wakati wale wao watu wengine wetu wewe
        wote ya yake yao yeye yote yule za zake zao zote
    """,
}

# What people say about any text ("typo", "clarify", "this paragraph"): weak signs of which clause they mean.
COMMENTING = """
    add added adding addition additional address addressed addresses adicionar adjust agree agreed
    agregar ajouter ambiguous appears apply appropriate attempt avoid añadir badilisha believe
    better bit branch bug capitalization change changed changes changing clarification clarified
    clarifies clarify clarifying clean cleanup clear clearer clearly close closes comment
    commentaire comments commit confused confusing confusion consider consistent copy correct
    corrected correction corrections corregir corriger corrigir current currently define delete
    deleted discuss discussed discussion discussions document documents draft edit edited editor
    editorial edits eliminar errata error example examples expand explain explained explanation
    explicit explicitly feedback fine fix fixed fixes follow following frase good grammar guess
    happy hope improve improved improvement incorporate inline intent intro introduce introduced
    issue issues language line lines link list looks maybe mean meaning means mention mentioned
    merge merged minor miscellaneous missing misspelling modifier move moved nit nits note noted
    notes ondoa ongeza original paragraph paragraphs part phrase phrasing place please point points
    possible possibly pr prefer probably proposal propose proposed propuesta pull punctuation
    question questions quote quotes read reader readers reads reason refer reference referenced
    references rekebisha related remark remove removed remover removes removing remplacer rename
    renamed reorder reorg rephrase replace replaced request resolve resolved resolves restructure
    revert review reviewed revise reword reworded rewording rewrite right said say saying says
    section sections see sense sentence sentences sentensi simplify small somewhat sound sounds spec
    specific specification specified specify split state statement statements stuff style suggest
    suggested suggestion suggestions supprimer term terms text texto think thought tweak tweaks typo
    typos unclear understand understanding update updated updates updating useful version want wants
    word worded wording words work wrong
"""
